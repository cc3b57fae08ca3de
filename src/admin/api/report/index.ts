import type { Gateway } from '../../../gateway/index.ts'
import { isoUs } from '../../../platform/index.ts'
import type { ChecklistView, MatrixView } from '../../contract/index.ts'
import { matrixOf } from '../routes/access.ts'
import { reportFacts } from './facts.ts'
import { type ReportRow, reportRows } from './rows.ts'

export type SecurityReport = {
  readonly site: string
  readonly version: string
  readonly configuration: string
  readonly made: string
  readonly by: string
  readonly rows: readonly ReportRow[]
  readonly matrix: MatrixView
  readonly checklist: readonly ChecklistView[]
}

/** How the site stands to the guide now: only what the gateway itself can see, and what people have signed for. */
export async function securityReport(gateway: Gateway, checklist: readonly ChecklistView[], by: string): Promise<SecurityReport> {
  const site = gateway.site()
  const matrix = await matrixOf(site)
  return {
    site: site.name,
    version: gateway.version,
    configuration: site.hash,
    by,
    checklist,
    made: isoUs(gateway.clock.utcUs()),
    rows: reportRows(reportFacts(gateway, checklist)),
    matrix,
  }
}
