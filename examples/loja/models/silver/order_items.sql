/* @foz
name: silver.order_items
description: What was ordered, one row a line
materialization:
  type: incremental
  strategy: merge
  unique_key: [order_id, item]
owner: vendas
columns:
  - name: order_id
    description: The order
    checks:
      - not_null
      - name: relationships
        to: silver.orders
        field: order_id
  - name: item
    description: Line of the order, from 1
    checks: [not_null]
  - name: product_id
    description: The product
    checks:
      - not_null
      - name: relationships
        to: silver.products
        field: product_id
        on_violation: warn
  - name: quantity
    description: Pieces; a negative one is a mistake of the checkout
    checks:
      - name: positive
        on_violation: warn
  - name: unit_price
    description: Price of a piece in reais on the day
    checks: [positive]
  - name: amount
    description: Quantity times price less discount, in reais
checks:
  - name: unique
    columns: [order_id, item]
@foz */
select
    order_id,
    item,
    product_id,
    quantity,
    unit_price,
    discount,
    (quantity * unit_price - discount)::decimal(14, 2) as amount,
    gift_message
from stream(bronze.order_items)
qualify row_number() over (partition by order_id, item order by _cdc_commit_ts desc) = 1
