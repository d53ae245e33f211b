/* @foz
name: silver.products
description: The catalog as it is now, one row a product
materialization: table
owner: catalogo
columns:
  - name: product_id
    description: Number in the catalog
    checks: [not_null, unique]
  - name: ean
    description: Bar code (EAN-13)
    checks:
      - name: pattern
        value: '^789[0-9]{10}$'
  - name: category
    description: Category; null where the catalog has none
    checks:
      - name: not_null
        on_violation: warn
  - name: price
    description: Price in reais
    checks: [not_null, positive]
@foz */
select
    product_id::integer as product_id,
    ean,
    trim(name) as name,
    category,
    brand,
    replace(price, ',', '.')::decimal(12, 2) as price,
    weight_g::integer as weight_g,
    updated_at::timestamp as updated_at
from bronze.products
qualify row_number() over (partition by product_id order by updated_at desc) = 1
