import { type Stats, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Whether the user of the service could not read a file that this user can: `check` is often run by root. That user is the owner of the
 * state folder; where there is no such folder yet, or it is root's, nothing is known and nothing said. Groups beside the folder's own are
 * not looked up. Empty when it can.
 */
export function unreadableByService(file: string, stateDirectory: string): readonly string[] {
  const service = stat(stateDirectory)
  if (service === undefined || service.uid === 0) return []
  const [own, folders] = [stat(file), foldersOf(file)]
  if (own === undefined) return []
  const user = `user ${service.uid}, who owns ${stateDirectory}`
  if (!may(own, service, 0o4)) return [`${file}: the service (${user}) may not read it: chown ${service.uid} ${file}`]
  const shut = folders.find((folder) => {
    const found = stat(folder)
    return found !== undefined && !may(found, service, 0o1)
  })
  return shut === undefined ? [] : [`${file}: the service (${user}) may not enter ${shut}: chown ${service.uid} ${shut}`]
}

const stat = (path: string): Stats | undefined => {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

/** The permission bit of the class that a user is in: owner, group or others. */
function may(file: Stats, { uid, gid }: Stats, bit: number): boolean {
  const shift = file.uid === uid ? 6 : file.gid === gid ? 3 : 0
  return ((file.mode >> shift) & bit) !== 0
}

function foldersOf(file: string): readonly string[] {
  const folder = dirname(resolve(file))
  return folder === '/' ? [folder] : [...foldersOf(folder), folder]
}
