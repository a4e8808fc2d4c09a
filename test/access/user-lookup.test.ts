/** Which user a sign-in means, as a table; the same with one project and with three hundred. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { StatedPlaces } from '../../src/access/user-lookup.ts'
import { Deployment, domainOf, idOf, type Place, region } from './deployment.ts'

const none: StatedPlaces = { domains: [], projects: [] }
const inProject = (...projects: string[]): StatedPlaces => ({ domains: [], projects })
const inDomain = (domain: string, ...projects: string[]): StatedPlaces => ({
  domains: [domain],
  projects,
})
const of = (project: string): string => `user of ${project}`

type Case = readonly [
  what: string,
  userName: string,
  stated: StatedPlaces,
  found: string | undefined,
]

/**
 * A deployment begins with one project, which has the region's name; further ones are made later.
 */
const first: Place = { project: region }
const others: readonly Place[] = [
  { project: 'second' },
  { project: 'third' },
  { project: 'fourth', user: 'alice' },
  { project: 'fifth', user: 'bob' },
  { project: 'sixth', user: 'bob' },
  // An operator may use the ID of another project as a name.
  { project: idOf('third') },
]

describe('with one project its user is found, however a client names it', () => {
  const deployment = new Deployment()
  before(() => deployment.add([first]))
  after(() => deployment.end())

  for (const stated of [
    none,
    inProject(region),
    inProject(idOf(region)),
    inDomain(region),
    inDomain(region, region),
    inDomain(domainOf(region)),
  ])
    test(JSON.stringify(stated), async () => {
      assert.equal((await deployment.lookup.find('admin', stated)).found?.user.id, of(region))
    })
})

describe('with many projects', () => {
  const deployment = new Deployment()
  before(() => deployment.add([first, ...others]))
  after(() => deployment.end())

  const cases: readonly Case[] = [
    ['no place: the first project', 'admin', none, of(region)],
    [
      'the region for the project, as clients of one region send it: the first project',
      'admin',
      inProject(region),
      of(region),
    ],
    [
      'the region in a named domain: the project of that domain',
      'admin',
      inDomain('second', region),
      of('second'),
    ],
    ['a domain alone, by name', 'admin', inDomain('second'), of('second')],
    ['a domain alone, by ID', 'admin', inDomain(domainOf('second')), of('second')],
    [
      'a domain by ID, its project by ID',
      'admin',
      inDomain(domainOf('second'), idOf('second')),
      of('second'),
    ],
    ['a project by name', 'admin', inProject('second'), of('second')],
    ['a project by ID', 'admin', inProject(idOf('second')), of('second')],
    ['a project by the ID of its domain', 'admin', inProject(domainOf('second')), of('second')],
    [
      'a project by ID, together with the region',
      'admin',
      inProject(region, idOf('second')),
      of('second'),
    ],
    [
      'an ID that is the name of another project: the project of the ID',
      'admin',
      inProject(idOf('third')),
      of('third'),
    ],
    ['no place, and the only user of that name', 'alice', none, of('fourth')],
    ['the region, and the only user of that name', 'alice', inProject(region), of('fourth')],
    ['no place, and two users of that name in other projects', 'bob', none, undefined],
    [
      'a project other than that of the only user of that name',
      'alice',
      inProject('second'),
      undefined,
    ],
    [
      'a domain other than that of the only user of that name',
      'alice',
      inDomain('second'),
      undefined,
    ],
    ['a project of another domain', 'admin', inDomain('second', 'third'), undefined],
    ['two projects', 'admin', inProject('second', 'third'), undefined],
    [
      'a region given as the domain is not a domain of that name',
      'admin',
      inDomain('elsewhere', region),
      undefined,
    ],
    ['an unknown project', 'admin', inProject('elsewhere'), undefined],
    ['an unknown user', 'nobody', none, undefined],
    ['a name in different case is a different name', 'ADMIN', none, undefined],
    ['text that cannot be stored', 'admin\0', inProject('second'), undefined],
    ['a place that cannot be stored', 'admin', inProject('second\ud800'), undefined],
  ]
  for (const [what, userName, stated, found] of cases)
    test(what, async () => {
      assert.equal((await deployment.lookup.find(userName, stated)).found?.user.id, found)
    })

  test('tries are counted by the project that was meant, whether or not it has such a user', async () => {
    for (const userName of ['admin', 'nobody'])
      for (const stated of [
        inProject('second'),
        inProject(idOf('second')),
        inDomain('second'),
        inDomain(domainOf('second')),
      ])
        assert.equal((await deployment.lookup.find(userName, stated)).place, idOf('second'))
    for (const userName of ['admin', 'nobody'])
      for (const stated of [none, inProject(region), inDomain(region)])
        assert.equal((await deployment.lookup.find(userName, stated)).place, idOf(region))
  })
})

test('each administrator of three hundred tenants is found, with at most two users read from the store', async () => {
  const deployment = new Deployment()
  try {
    const names = Array.from({ length: 299 }, (_, i) => `t${i}`)
    await deployment.add([first, ...names.map((project) => ({ project }))])
    for (const name of [region, ...names]) {
      assert.equal(
        (await deployment.lookup.find('admin', inProject(name))).found?.user.id,
        of(name),
      )
      assert.equal(
        (await deployment.lookup.find('admin', inDomain(name, region))).found?.user.id,
        of(name),
      )
    }
    assert.equal((await deployment.lookup.find('admin', none)).found?.user.id, of(region))
    assert.equal((await deployment.reader.usersNamed('admin', 2)).length, 2)
  } finally {
    deployment.end()
  }
})
