export { type Api, startApi } from './server.ts'
