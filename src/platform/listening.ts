/** What to do about a port that could not be opened, by the error of the system (listen(2), bind(2)). */
export function hintOfListening(error: unknown, host: string, port: number): string {
  const code = error instanceof Error && 'code' in error ? error.code : 'unknown'
  const place = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  switch (code) {
    case 'EADDRNOTAVAIL':
      return (
        `no interface of this machine has the address ${host} (yet): compare it with "ip address"; ` +
        'where it comes with the network, let the service start After=network-online.target'
      )
    case 'EADDRINUSE':
      return `another program listens on ${place}: "ss -ltnp" shows which; stop it, or choose another port`
    case 'EACCES':
      return port < 1024
        ? `a port below 1024 takes a right of its own: AmbientCapabilities=CAP_NET_BIND_SERVICE, as in systemd/, or a port from 1024`
        : `this user may not listen on ${place}: look at the rights of the service and at what confines it (SELinux, AppArmor)`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the name ${host} has no address now: write the address of this machine itself`
    case 'EAFNOSUPPORT':
      return `this machine has no IPv${host.includes(':') ? '6' : '4'}: give the listener an address of the other kind`
    default:
      return `look at the address ${place}: "ip address" and "ss -ltn" show what this machine has and what is taken`
  }
}
