/* @foz
name: gold.sales_by_state
description: Sales of each month by the state that they were shipped to
materialization: table
owner: logistica
columns:
  - name: month
    description: First day of the month
    checks: [not_null]
  - name: state
    description: State (UF)
    checks:
      - not_null
      - name: pattern
        value: '^[A-Z]{2}$'
  - name: region
    description: Region of the country
    checks:
      - name: accepted_values
        value: [Norte, Nordeste, Centro-Oeste, Sudeste, Sul]
  - name: revenue_share
    description: Share of the month's revenue, 0 to 1
checks:
  - name: unique
    columns: [month, state]
@foz */
with months as (
    select
        date_trunc('month', order_date)::date as month,
        state,
        count(distinct order_id) as orders,
        count(distinct customer_id) as customers,
        sum(amount)::decimal(18, 2) as revenue
    from silver.sales
    group by all
)

select
    month,
    state,
    case
        when state in ('AC', 'AM', 'AP', 'PA', 'RO', 'RR', 'TO') then 'Norte'
        when state in ('AL', 'BA', 'CE', 'MA', 'PB', 'PE', 'PI', 'RN', 'SE') then 'Nordeste'
        when state in ('DF', 'GO', 'MS', 'MT') then 'Centro-Oeste'
        when state in ('ES', 'MG', 'RJ', 'SP') then 'Sudeste'
        else 'Sul'
    end as region,
    orders,
    customers,
    revenue,
    round(revenue / sum(revenue) over (partition by month), 4) as revenue_share
from months
order by month, revenue desc
