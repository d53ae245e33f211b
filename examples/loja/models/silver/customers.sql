/* @foz
name: silver.customers
description: Customers as they are now, one row each, with clean tax numbers, postcodes and phones
materialization: table
owner: cadastro
tags: [pii]
columns:
  - name: customer_id
    description: Number in the customer register
    checks: [not_null, unique]
  - name: name
    description: Full name; never all in capitals
    checks: [not_null]
  - name: cpf
    description: Taxpayer's number (CPF), its eleven digits
    checks:
      - name: pattern
        value: '^[0-9]{11}$'
  - name: is_cpf_valid
    description: Whether the two check digits of the CPF are right
  - name: email
    description: E-mail address in lower case
    checks:
      - name: not_null
        on_violation: warn
  - name: phone
    description: Area code and number, digits only
    checks:
      - name: pattern
        value: '^[0-9]{11}$'
  - name: postcode
    description: Postcode (CEP) as 00000-000; the zero that a spreadsheet took is back
    checks:
      - name: pattern
        value: '^[0-9]{5}-[0-9]{3}$'
  - name: state
    description: State (UF)
    checks:
      - name: pattern
        value: '^[A-Z]{2}$'
checks:
  - name: valid_cpf
    description: A CPF with wrong check digits cannot be invoiced
    query: select customer_id, cpf from silver.customers where not is_cpf_valid
    on_violation: warn
@foz */
with latest as (
    select *
    from bronze.customers
    qualify row_number() over (partition by customer_id order by updated_at desc) = 1
),

cleaned as (
    select
        customer_id::bigint as customer_id,
        if(
            name = upper(name),
            array_to_string([upper(word[1]) || lower(word[2:]) for word in string_split(name, ' ')], ' '),
            name
        ) as name,
        regexp_replace(cpf, '[^0-9]', '', 'g') as cpf,
        lower(trim(email)) as email,
        right(regexp_replace(phone, '[^0-9]', '', 'g'), 11) as phone,
        birth_date::date as birth_date,
        lpad(regexp_replace(cep, '[^0-9]', '', 'g'), 8, '0') as postcode,
        city,
        state,
        created_at::timestamp as created_at,
        updated_at::timestamp as updated_at
    from latest
),

-- A check digit is the weighted sum of the digits before it, times ten, modulo eleven (ten counts as zero).
checked as (
    select *, [digit::integer for digit in string_split(cpf, '')] as digits
    from cleaned
)

select
    customer_id,
    name,
    cpf,
    list_sum([digit * (11 - i) for digit, i in digits[1:9]]) * 10 % 11 % 10 = digits[10]
        and list_sum([digit * (12 - i) for digit, i in digits[1:10]]) * 10 % 11 % 10 = digits[11] as is_cpf_valid,
    email,
    phone,
    birth_date,
    postcode[1:5] || '-' || postcode[6:8] as postcode,
    city,
    state,
    created_at,
    updated_at
from checked
