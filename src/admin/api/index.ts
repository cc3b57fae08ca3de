export { type Api, startApi } from './server.ts'
export { type ConfigurationFile, aclView, matrixView } from './access-routes.ts'
export { described, openApi } from './openapi.ts'
