/* @foz
name: silver.orders
description: Orders with their last known status, one row each; corrections that come later replace it
materialization:
  type: incremental
  strategy: merge
  unique_key: [order_id]
owner: vendas
columns:
  - name: order_id
    description: Number of the order
    checks: [not_null, unique]
  - name: customer_id
    description: Who ordered
    checks:
      - not_null
      - name: relationships
        to: silver.customers
        field: customer_id
        on_violation: warn
  - name: status
    description: Last known status
    checks:
      - name: accepted_values
        value: [paid, shipped, delivered, canceled, returned]
  - name: ordered_at
    description: When it was ordered
    checks: [not_null]
  - name: order_date
    description: The day of ordered_at in São Paulo
  - name: shipping_cost
    description: Shipping in reais
    checks:
      - name: min
        value: 0
  - name: coupon
    description: Coupon; since January 2025
@foz */
select
    order_id,
    customer_id,
    status,
    channel,
    ordered_at::timestamptz as ordered_at,
    (ordered_at::timestamptz at time zone 'America/Sao_Paulo')::date as order_date,
    updated_at::timestamptz as updated_at,
    shipping.method as shipping_method,
    shipping.cost::decimal(12, 2) as shipping_cost,
    regexp_replace(shipping.cep, '^([0-9]{5})-?([0-9]{3})$', '\1-\2') as postcode,
    shipping.city as city,
    shipping.state as state,
    coupon
from stream(bronze.orders) as o
qualify row_number() over (partition by o.order_id order by o.updated_at desc) = 1
