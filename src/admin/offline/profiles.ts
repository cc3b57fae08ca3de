import { dirname, resolve } from 'node:path'
import { type Problem, formatProblem, loadProfile, loadProfileFile, profileFolder, profileNames } from '../../config/index.ts'
import { realClock } from '../../platform/index.ts'
import type { ProfileView } from '../contract/index.ts'
import { checkSite } from './check.ts'

type Output = { readonly out: (text: string) => void; readonly failed: (why: string, hint: string) => number }
/** How a terminal shows them. */
type ProfileTexts = {
  readonly profile: (view: ProfileView) => string
  readonly table: (rows: readonly (readonly string[])[]) => string
}

function printProblems({ out }: Output, file: string, problems: readonly Problem[], warnings: readonly Problem[], json: boolean): number {
  const code = problems.length === 0 ? 0 : 1
  if (json) {
    out(JSON.stringify({ file, problems, warnings }))
    return code
  }
  for (const problem of problems) out(formatProblem(problem))
  for (const { text, ...place } of warnings) out(formatProblem({ ...place, text: `warning: ${text}` }))
  const mistakes = `${problems.length} ${problems.length === 1 ? 'mistake' : 'mistakes'}, nothing was changed`
  const warned = warnings.length === 0 ? '' : `, ${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'}`
  out(problems.length === 0 ? `${file}: no mistakes${warned}` : `${mistakes}${warned}`)
  return code
}

function profileView(profile: Exclude<ReturnType<typeof loadProfile>, readonly Problem[]>): ProfileView {
  const { status } = profile
  return { ...profile, status: status === 'none' ? '' : `register ${status.register}, currents from ${status.currents}` }
}

/** What is said of a site and its profiles without a gateway that runs. */
export const profileCommands = (output: Output, text: ProfileTexts) => ({
  /** The whole configuration, with every file that it names. */
  check(file: string, json: boolean): number {
    const loaded = checkSite(file, realClock)
    const problems = loaded.kind === 'problems' ? loaded.problems : []
    return printProblems(output, file, problems, loaded.warnings, json)
  },
  listProfiles(own: readonly string[], json: boolean): number {
    const folders = [...own, profileFolder]
    const found = profileNames(folders).map((name) => ({ name, profile: loadProfile(folders, name) }))
    const rows = found.map(({ name, profile }) =>
      'name' in profile ? [name, profile.family, profile.interface] : [name, 'has mistakes', ''],
    )
    output.out(
      json
        ? JSON.stringify(rows.map(([name, family, reached]) => ({ name, family, interface: reached })))
        : text.table([['Profile', 'Family', 'Reached through'], ...rows]),
    )
    return 0
  },
  showProfile(name: string, own: readonly string[], json: boolean): number {
    const folders = [...own, profileFolder]
    const known = profileNames(folders)
    if (!known.includes(name)) return output.failed(`there is no profile "${name}"`, `the profiles are ${known.join(', ')}`)
    const profile = loadProfile(folders, name)
    if (!('name' in profile)) return printProblems(output, name, profile, [], json)
    const view = profileView(profile)
    output.out(json ? JSON.stringify(view) : text.profile(view))
    return 0
  },
  checkProfile(file: string, own: readonly string[], json: boolean): number {
    const profile = loadProfileFile(resolve(file), [...own, dirname(resolve(file)), profileFolder])
    return printProblems(output, file, 'name' in profile ? [] : profile, [], json)
  },
})
