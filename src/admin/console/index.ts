export { type PageFile, pageFiles } from './page-files.ts'
export { type Console, type ConsoleOptions, startConsole } from './server.ts'
