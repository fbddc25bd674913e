import { describe, expect, it } from 'vitest'
import { dashboardOf } from '../../../../local/looker/embed/dashboard.ts'

const sales = '/embed/dashboards/42'
const analyst = {
  external_user_id: 'ada',
  models: ['thelook', 'finance'],
  permissions: ['explore'],
  user_attributes: { region: 'EMEA' },
}

const shown = async (changes: object = {}, path = sales): Promise<string> =>
  String(await dashboardOf({ ...analyst, ...changes }, path))

const headings = (text: string): string[] =>
  [...text.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, name = '']) => name)

describe('the dashboard of the simulated Looker', () => {
  it('is the same for the same region and address, and another for others', async () => {
    const first = await shown()

    expect(await shown({ external_user_id: 'emmy' })).toBe(first)
    const other = await shown({ user_attributes: { region: 'AMER' } })
    expect(other.replaceAll('AMER', 'EMEA')).not.toBe(first)
    expect(await shown({}, '/embed/dashboards/43')).not.toBe(first)
  })

  it('has fewer tiles for who may see fewer models', async () => {
    const [all, fewer] = [await shown(), await shown({ models: ['thelook'] })]

    expect(headings(all)).toHaveLength(10)
    expect(headings(fewer)).toEqual(headings(all).slice(0, 5))
    expect([all, fewer].map((text) => text.includes('Gross margin'))).toEqual([true, false])
  })

  it.each([[[]], [null], [undefined]])(
    'says that there is nothing with the models %j',
    async (models) => {
      const text = await shown({ models })

      expect(headings(text)).toEqual(['No data'])
      expect(text).not.toContain('<svg')
    },
  )

  it('names what the user may do, and that it is simulated', async () => {
    const text = await shown()

    expect(text).toContain('<span>explore</span>')
    expect(text).toContain('Simulated Looker')
  })

  it('takes no markup from attributes', async () => {
    expect(await shown({ user_attributes: { region: '<b>EMEA' } })).toContain('&lt;b&gt;EMEA')
  })

  it('draws nothing that is no number', async () => {
    for (const region of ['EMEA', 'AMER', 'APAC', '']) {
      const text = await shown({ user_attributes: { region } })
      expect(text).not.toMatch(/NaN|undefined|Infinity/)
      expect(text.match(/<svg/g)).toHaveLength(4)
    }
  })
})
