export { type Console, type ConsoleOptions, startConsole } from './server.ts'
