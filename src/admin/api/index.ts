export { type Api, startApi } from './server.ts'
export { type ConfigurationFile, aclView, matrixView } from './access-routes.ts'
export { describeListener } from './listener-words.ts'
export { described, openApi } from './openapi.ts'
