export { type Api, startApi } from './server.ts'
export { type ConfigurationFile, aclView, matrixView } from './routes/access.ts'
export { describeListener } from './views/listener-words.ts'
export { described, openApi } from './openapi.ts'
