/** A dialect as the listener sees it. */
import { Authenticator } from '../access/authenticator.ts'
import type { Mount } from '../http/listener.ts'
import { ReceivedCall } from './call.ts'
import type { Dialect, Service, ServiceParts } from './dialect.ts'
import { refuseStranger } from './strangers.ts'

export function mountOf(dialect: Dialect, parts: ServiceParts): Mount {
  const authenticator = new Authenticator(dialect.schemes.map((name) => parts.schemes[name]))
  const service: Service = { ...parts, dialect, authenticator }
  return {
    format: dialect,
    claims: dialect.recognizes,
    begin: (exchange, head) =>
      dialect.open?.(exchange, head, service) ?? new ReceivedCall(service, exchange, head),
    refuse: (exchange, error) => refuseStranger(service, exchange, error),
  }
}
