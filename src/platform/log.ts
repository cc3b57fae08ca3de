/** Lines for the person who runs the service. Events for the SOC never come this way. */
export interface Log {
  info(text: string): void
  warn(text: string): void
}

export const stderrLog: Log = {
  info: (text) => void process.stderr.write(`breakwall: ${text}\n`),
  warn: (text) => void process.stderr.write(`breakwall: warning: ${text}\n`),
}
