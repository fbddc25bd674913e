// What the pages name is there: files, headings, and commands of package.json.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (page: string): string => readFileSync(join(root, page), 'utf8')

const pages = [
  ...readdirSync(root).filter((file) => file.endsWith('.md')),
  ...readdirSync(join(root, 'docs')).flatMap((file) =>
    file.endsWith('.md') ? [`docs/${file}`] : [],
  ),
]

const withoutCode = (markdown: string): string => markdown.replaceAll(/^```.*?^```$/gms, '')

/** As GitHub makes them: https://github.com/gjtorikian/html-pipeline, its filter for tables of contents. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-')

const anchorsOf = (page: string): readonly string[] =>
  [...withoutCode(read(page)).matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) =>
    anchorOf(heading),
  )

/** Without those to other sites. */
const linksOf = (page: string): readonly string[] =>
  [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, to = '']) =>
    /^[a-z]+:/.test(to) ? [] : [to],
  )

const isThere = (page: string, link: string): boolean => {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : normalize(join(dirname(page), path))
  if (!existsSync(join(root, target))) return false
  return anchor === undefined || anchorsOf(target).includes(anchor)
}

const packageFile = v.object({ scripts: v.record(v.string(), v.string()) })
const { scripts } = v.parse(packageFile, JSON.parse(read('package.json')))

describe('the pages', () => {
  it('are found, with links to judge', () => {
    expect(pages).toContain('README.md')
    expect(pages.flatMap(linksOf).length).toBeGreaterThan(50)
  })

  it.each(pages)('%s leads nowhere that is not there', (page) => {
    const lost = linksOf(page).filter((link) => !isThere(page, link))

    expect(lost).toEqual([])
  })

  it.each(pages)('%s names no command that is not there', (page) => {
    const named = [...read(page).matchAll(/\bnpm run ([a-z][\w:-]*)/g)].map(([, name = '']) => name)

    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })

  it('each can be reached from the README or a page that can', () => {
    const reached = new Set(['README.md'])
    for (const page of reached) {
      for (const link of linksOf(page)) {
        const [path = ''] = link.split('#')
        if (path.endsWith('.md')) reached.add(normalize(join(dirname(page), path)))
      }
    }

    expect(pages.filter((page) => !reached.has(page))).toEqual(['CHANGELOG.md'])
  })
})
