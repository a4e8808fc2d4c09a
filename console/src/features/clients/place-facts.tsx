/** Where clients work: endpoint, region and project, each with a button that copies it. */
import { useTranslation } from 'react-i18next'
import { useSession } from '../../app/session.ts'
import { Copied } from '../../parts/controls/copy.tsx'
import type { Fact } from '../../parts/page/panel.tsx'
import type { Endpoint } from './endpoint.ts'

export function usePlaceFacts(): (endpoint: Endpoint) => readonly Fact[] {
  const { t } = useTranslation()
  const { project } = useSession()
  const fact = (name: string, value: string): Fact => ({
    name,
    value: <Copied name={name} value={value} />,
  })
  return ({ url, isNamed }) => [
    { ...fact(t('words.endpoint'), url), ...(!isNamed && { more: t('people.endpointOfBrowser') }) },
    fact(t('words.region'), project.region),
    fact(t('words.project'), project.name),
    fact(t('words.projectId'), project.id),
  ]
}
