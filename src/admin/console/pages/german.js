export const german = {}
