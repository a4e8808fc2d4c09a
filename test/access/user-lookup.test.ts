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
  // An operator may give a project the ID of another one for a name.
  { project: idOf('third') },
]

describe('with one project its user is found, whichever way a client names it', () => {
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
      'the region in a domain that is named: the project of that domain',
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
      'a project by ID, and the region beside it',
      'admin',
      inProject(region, idOf('second')),
      of('second'),
    ],
    [
      'an ID that another project has for a name: the project of the ID',
      'admin',
      inProject(idOf('third')),
      of('third'),
    ],
    ['no place, and the only user of that name', 'alice', none, of('fourth')],
    ['the region, and the only user of that name', 'alice', inProject(region), of('fourth')],
    ['no place, and two users of that name in other projects', 'bob', none, undefined],
    [
      'another project than the only user of that name has',
      'alice',
      inProject('second'),
      undefined,
    ],
    ['another domain than the only user of that name has', 'alice', inDomain('second'), undefined],
    ['a project of another domain', 'admin', inDomain('second', 'third'), undefined],
    ['two projects', 'admin', inProject('second', 'third'), undefined],
    [
      'a region for the domain is no domain of that name',
      'admin',
      inDomain('elsewhere', region),
      undefined,
    ],
    ['a project that is not there', 'admin', inProject('elsewhere'), undefined],
    ['a user that is not there', 'nobody', none, undefined],
    ['a name in other letters is another name', 'ADMIN', none, undefined],
    ['text that no store holds', 'admin\0', inProject('second'), undefined],
    ['a place that no store holds', 'admin', inProject('second\ud800'), undefined],
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

test('of three hundred tenants each administrator is found, and the store is asked for no more than two users', async () => {
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
