// The dashboard that the simulated Looker shows: made-up figures that are the same for the same region and
// address, and tiles that depend on what the user may see.
import { html } from 'hono/html'
import { barChart, donutChart, lineChart, type Share } from './charts.ts'
import type { EmbedProfile } from './profile.ts'
import { createSeries, type Series } from './series.ts'

type Markup = ReturnType<typeof html>

/** `path` without a query, for example `/embed/dashboards/42`. */
export const dashboardOf = (profile: EmbedProfile, path: string): Markup => {
  const { models, permissions, user_attributes: attributes } = profile
  const region = typeof attributes?.['region'] === 'string' ? attributes['region'] : undefined
  const series = createSeries(`${region ?? ''} ${path}`)
  const seesFinance = models?.includes('finance') ?? false
  return html`<header>
      <h1>${titleOf(path)}${region === undefined ? '' : html` <small>${region}</small>`}</h1>
      <span class="badge">Simulated Looker</span>
    </header>
    <p class="may">
      ${[...(models ?? []), ...(permissions ?? [])].map((name) => html`<span>${name}</span>`)}
    </p>
    <main>
      ${
        (models ?? []).length === 0
          ? html`<section class="tile wide">
              <h2>No data</h2>
              <p>This user may see no model.</p>
            </section>`
          : html`${salesTiles(series)} ${seesFinance ? financeTiles(series) : ''}`
      }
    </main>`
}

const titles: Readonly<Record<string, string>> = {
  '/embed/dashboards/42': 'Sales overview',
  '/embed/dashboards/43': 'Online store',
  '/embed/dashboards/44': 'Retail partners',
}

const titleOf = (path: string): string => titles[path] ?? 'Business overview'

const salesTiles = (series: Series): Markup => {
  const weeks = series.walk(13, 180, 340)
  const total = weeks.reduce((sum, week) => sum + week, 0)
  const orders = Math.round((total * 1000) / series.between(48, 92))
  return html`${figure('Revenue', `$${(total / 1000).toFixed(2)}M`, series.between(-4, 12))}
  ${figure('Orders', orders.toLocaleString('en'), series.between(-3, 9))}
  ${figure('Returning customers', `${series.between(28, 57)}%`, series.between(-5, 6))}
  ${tile('wide', 'Revenue by week, thousand dollars', lineChart(weeks))}
  ${tile('', 'Orders by category', barChart(sharesOf(series, categories)))}`
}

const financeTiles = (series: Series): Markup =>
  html`${figure('Gross margin', `${series.between(31, 48)}%`, series.between(-2, 4))}
  ${figure('Cost per order', `$${(series.between(610, 1290) / 100).toFixed(2)}`, series.between(-6, 3))}
  ${figure('Open invoices', String(series.between(40, 260)), series.between(-9, 9))}
  ${tile('', 'Margin by channel', donutChart(sharesOf(series, channels)))}
  ${tile('wide', 'Cash flow by week, thousand dollars', lineChart(series.walk(13, 40, 160)))}`

const categories = ['Outerwear', 'Footwear', 'Accessories', 'Denim', 'Swimwear']
const channels = ['Search', 'Direct', 'E-mail', 'Partners']

const sharesOf = (series: Series, names: readonly string[]): readonly Share[] =>
  names
    .map((name) => ({ name, value: series.between(120, 980) }))
    .toSorted((one, other) => other.value - one.value)

/** `change`: per cent since the weeks before. */
const figure = (name: string, value: string, change: number): Markup =>
  html`<section class="tile figure">
    <h2>${name}</h2>
    <p class="value">${value}</p>
    <p class="change">${wordsFor(change)} the weeks before</p>
  </section>`

const wordsFor = (change: number): string => {
  if (change === 0) return 'as in'
  return `${change < 0 ? '▼' : '▲'} ${Math.abs(change)}% on`
}

const tile = (size: 'wide' | '', name: string, chart: Markup): Markup =>
  html`<section class="tile ${size}">
    <h2>${name}</h2>
    ${chart}
  </section>`
