export { type Offline, type Terminal, exitCode, runCli } from './cli.ts'
export { findSocket } from './client.ts'
