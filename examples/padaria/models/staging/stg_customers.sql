with source as (
    {#- The seed stands for what an extract would bring. -#}
    select * from {{ ref('raw_customers') }}
)

select
    id as customer_id,
    first_name,
    last_name,
    postcode
from source
