-- The sample catalogue: a small retailer's business tables, and for each published service a view with its key
-- columns and `doc`. Loaded only on request (`sincewire demo`, or the setting catalogue.sample), filled by
-- src/services/sample, and captured like any other tables.

create schema sample;

create table sample.dept (
  dept            integer primary key,
  dept_name       text not null,
  buyer           integer not null,                            -- a person: see merch.buyer
  group_no        integer not null,
  create_datetime timestamptz(0) not null default now(),
  update_datetime timestamptz(0) not null default now()
);

create table sample.supplier (
  supplier      integer primary key,
  sup_name      text not null,
  currency_code text not null,
  country_id    text not null
);

create table sample.item (
  item             text primary key,
  item_number_type text not null,
  status           text not null check (status in ('W', 'S', 'A')),  -- worksheet, submitted, approved
  item_level       integer not null,
  tran_level       integer not null,                                 -- the level that is stocked and sold
  item_desc        text not null,
  short_desc       text not null,
  item_parent      text references sample.item on delete cascade,
  sellable_ind     text not null,
  orderable_ind    text not null,
  inventory_ind    text not null,
  pack_ind         text not null,
  dept             integer not null references sample.dept,
  class            integer not null,
  subclass         integer not null,
  unit_retail      numeric(20, 2) not null,
  standard_uom     text not null,
  brand_name       text,
  create_datetime  timestamptz(0) not null default now(),
  update_datetime  timestamptz(0) not null default now()
);
create index on sample.item (item_parent);

create table sample.item_reference (
  item           text not null references sample.item on delete cascade,
  reference_item text not null,
  primary_ind    text not null,
  item_no_type   text not null,
  primary key (item, reference_item)
);

create table sample.item_supplier (
  item              text not null references sample.item on delete cascade,
  supplier          integer not null references sample.supplier,
  primary_supp_ind  text not null,
  vendor_item       text,
  unit_cost         numeric(20, 4) not null,
  origin_country_id text not null,
  primary key (item, supplier)
);

create table sample.item_uda (
  item  text not null references sample.item on delete cascade,
  uda   text not null,
  value text not null,
  primary key (item, uda)
);

create table sample.store (
  store          integer primary key,
  store_type     text not null,
  store_name     text not null,
  store_name10   text not null,
  store_mgr_name text not null,
  phone_number   text,
  email          text,
  open_date      date not null,
  close_date     date,
  currency_code  text not null,
  timezone_name  text not null,
  district       integer not null
);

create table sample.store_address (
  store               integer not null references sample.store on delete cascade,
  address_key         integer not null,
  address_type        text not null,
  primary_address_ind text not null,
  add_1               text not null,
  city                text not null,
  country_id          text not null,
  primary key (store, address_key)
);

create table sample.store_hours (
  store            integer not null references sample.store on delete cascade,
  day_no           integer not null check (day_no between 1 and 7),
  store_open_time  text not null,
  store_close_time text not null,
  primary key (store, day_no)
);

-- Locations: S store, W warehouse, E external finisher.
create table sample.item_loc (
  loc_type        text not null check (loc_type in ('S', 'W', 'E')),
  loc             integer not null,
  item            text not null references sample.item on delete cascade,
  status          text not null,
  unit_retail     numeric(20, 2) not null,
  selling_uom     text not null,
  taxable_ind     text not null,
  primary_supp    integer not null references sample.supplier,
  create_datetime timestamptz(0) not null default now(),
  update_datetime timestamptz(0) not null default now(),
  primary key (loc_type, loc, item)
);
create index on sample.item_loc (item);

create table sample.stock (
  location_type     text not null,
  location          integer not null,
  item              text not null references sample.item on delete cascade,
  stock_on_hand     numeric(12, 0) not null check (stock_on_hand >= 0),
  reserved_quantity numeric(12, 0) not null default 0,
  standard_uom      text not null,
  primary key (location_type, location, item)
);
create index on sample.stock (item);

create table sample.purchase_order (
  order_no        integer primary key,
  doc_type        text not null,
  status          text not null,
  supplier        integer not null references sample.supplier,
  dept            integer not null references sample.dept,
  not_before_date date not null,
  not_after_date  date not null,
  currency_code   text not null,
  exchange_rate   numeric(20, 10) not null
);

create table sample.purchase_order_line (
  order_no          integer not null references sample.purchase_order on delete cascade,
  item              text not null references sample.item on delete cascade,
  loc_type          text not null,
  loc               integer not null,
  quantity_ordered  numeric(12, 0) not null,
  quantity_received numeric(12, 0) not null default 0,
  unit_cost         numeric(20, 4) not null,
  origin_country_id text not null,
  primary key (order_no, item, loc_type, loc)
);
create index on sample.purchase_order_line (item);

create view sample.dept_document as
select d.dept, row_to_json(doc) as doc
from sample.dept d
cross join lateral (
  select 'DEPT' as "hierarchyLevel", d.dept, d.dept_name as "deptName", d.buyer, d.group_no as "group",
         to_char(d.create_datetime at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "createDateTime",
         to_char(d.update_datetime at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "updateDateTime"
) doc;

create view sample.item_document as
select i.item, row_to_json(doc) as doc
from sample.item i
cross join lateral (
  select i.item, i.item_number_type as "itemNumberType", i.status, i.item_level as "itemLevel",
         i.tran_level as "tranLevel", i.item_desc as "itemDescription", i.short_desc as "shortDescription",
         i.item_parent as "itemParent", i.sellable_ind as "sellableInd", i.orderable_ind as "orderableInd",
         i.inventory_ind as "inventoryInd", i.pack_ind as "packInd", i.dept, i.class, i.subclass,
         i.unit_retail as "unitRetail", i.standard_uom as "standardUom", i.brand_name as "brandName",
         to_char(i.create_datetime at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "createDateTime",
         to_char(i.update_datetime at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "updateDateTime",
         (select coalesce(json_agg(r order by r."primaryInd" desc, r."referenceItem"), '[]')
          from (select n.reference_item as "referenceItem", n.primary_ind as "primaryInd", n.item_no_type as "itemNoType"
                from sample.item_reference n where n.item = i.item) r) as "referenceItem",
         (select coalesce(json_agg(s order by s."primarySuppInd" desc, s.supplier), '[]')
          from (select p.supplier, p.primary_supp_ind as "primarySuppInd", p.vendor_item as "vendorItem",
                       p.unit_cost as "unitCost", p.origin_country_id as "originCountryId"
                from sample.item_supplier p where p.item = i.item) s) as "itemSupplier",
         (select coalesce(json_object_agg(u.uda, u.value order by u.uda), '{}')
          from sample.item_uda u where u.item = i.item) as "itemUda"
) doc;

create view sample.item_loc_document as
select l.loc_type, l.loc, l.item, row_to_json(doc) as doc
from sample.item_loc l
cross join lateral (
  select l.loc_type as "locType", l.loc, l.item, l.status, l.unit_retail as "unitRetail",
         l.selling_uom as "sellingUom", l.taxable_ind as "taxableInd", l.primary_supp as "primarySupplier",
         to_char(l.create_datetime at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "createDateTime",
         to_char(l.update_datetime at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "updateDateTime"
) doc;

create view sample.store_document as
select s.store, row_to_json(doc) as doc
from sample.store s
cross join lateral (
  select s.store, s.store_type as "storeType", s.store_name as "storeName", s.store_name10 as "storeName10",
         s.store_mgr_name as "storeManagerName", s.phone_number as "phoneNumber", s.email,
         s.open_date as "openDate", s.close_date as "closeDate", s.currency_code as "currencyCode",
         s.timezone_name as "timezoneName", s.district,
         (select coalesce(json_agg(a order by a."addressKey"), '[]')
          from (select n.address_key as "addressKey", n.address_type as "addressType",
                       n.primary_address_ind as "primaryAddressInd", n.add_1 as "add1", n.city,
                       n.country_id as "countryId"
                from sample.store_address n where n.store = s.store) a) as address,
         (select coalesce(json_agg(h order by h."dayNo"), '[]')
          from (select n.day_no as "dayNo", n.store_open_time as "storeOpenTime", n.store_close_time as "storeCloseTime"
                from sample.store_hours n where n.store = s.store) h) as "storeHours"
) doc;

create view sample.order_document as
select o.order_no, row_to_json(doc) as doc
from sample.purchase_order o
cross join lateral (
  select o.order_no as "orderNo", o.doc_type as "docType", o.status, o.supplier, o.dept,
         o.not_before_date as "notBeforeDate", o.not_after_date as "notAfterDate",
         o.currency_code as "currencyCode", o.exchange_rate as "exchangeRate",
         (select coalesce(json_agg(d order by d.item, d."physicalLocationType", d."physicalLocation"), '[]')
          from (select n.item, n.loc_type as "physicalLocationType", n.loc as "physicalLocation",
                       n.quantity_ordered as "physicalQuantityOrdered", n.quantity_received as "quantityReceived",
                       n.unit_cost as "unitCost", n.origin_country_id as "originCountryId"
                from sample.purchase_order_line n where n.order_no = o.order_no) d) as details
) doc;

create view sample.available_document as
select k.location_type, k.location, k.item, row_to_json(doc) as doc
from sample.stock k
cross join lateral (
  select k.location_type as "locationType", k.location, k.item,
         k.stock_on_hand - k.reserved_quantity as "availableQuantity", k.stock_on_hand as "stockOnHand",
         k.standard_uom as "standardUom"
) doc;

-- Where people are in these tables, so that a masking (Data Privacy API) finds them.
insert into merch.personal_data (entity_name, source, id_column, columns) values
  ('STORE', 'sample.store', 'store',
   '{"fullName": ["store_mgr_name"], "phone": ["phone_number"], "email": ["email"]}'),
  ('STORE', 'sample.store_address', 'store', '{"addr1": ["add_1"], "city": ["city"], "countryId": ["country_id"]}');
