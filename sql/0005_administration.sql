-- The tables behind the administration services of document 004, under the names that it gives them. They are the
-- operator's: filled by `sincewire load`, `calendar`, `vdate`, `options` and `batch`, or by any other program.

create schema if not exists merch;

-- One row: whether the nightly batch runs, which parts of it, and whether it is about to start.
create table merch.rms_batch_status (
  one_row                     boolean primary key default true check (one_row),
  batch_running_ind           text not null default 'N' check (batch_running_ind in ('Y', 'N')),
  inventory_batch_running_ind text not null default 'N' check (inventory_batch_running_ind in ('Y', 'N')),
  costing_batch_running_ind   text not null default 'N' check (costing_batch_running_ind in ('Y', 'N')),
  batch_start_warning_ind     text not null default 'N' check (batch_start_warning_ind in ('Y', 'N'))
);
insert into merch.rms_batch_status default values;

-- One row per month of the 4-5-4 calendar.
create table merch.calendar (
  year_454    integer not null check (year_454 between 1 and 9999),
  month_454   integer not null check (month_454 between 1 and 12),
  first_day   date not null,
  no_of_weeks integer not null check (no_of_weeks in (4, 5)),
  primary key (year_454, month_454),
  -- At the end of the transaction: a calendar that moves by a day passes through its own old days.
  unique (first_day) deferrable initially deferred
);

-- Code types are paged in the order of their bytes, whatever the database's locale.
create table merch.code_head (
  code_type      text collate "C" primary key check (length(code_type) between 1 and 30),
  code_type_desc text not null
);
create table merch.code_detail (
  code_type    text collate "C" not null references merch.code_head on delete cascade,
  code         text collate "C" not null check (length(code) between 1 and 30),
  code_desc    text not null,
  required_ind text not null default 'N' check (required_ind in ('Y', 'N')),
  code_seq     integer not null,
  used_ind     text not null default 'Y' check (used_ind in ('Y', 'N')),
  primary key (code_type, code)
);

-- No row or one: the virtual business date. Independent of the clock; the nightly batch moves it.
create table merch.period (
  one_row boolean primary key default true check (one_row),
  vdate   date not null
);
-- No row or one, beside PERIOD: the ends of the week and the month in which vdate lies, and of those before.
create table merch.system_variables (
  one_row            boolean primary key default true check (one_row),
  last_eow_date_unit date not null,
  next_eow_date_unit date not null,
  last_eom_date_unit date not null,
  next_eom_date_unit date not null,
  check (last_eow_date_unit < next_eow_date_unit),
  check (last_eom_date_unit < next_eom_date_unit)
);

-- The system options, one row each. Their columns are those of src/domain/options/, which says what values may be:
-- a column is null until somebody sets it.
create table merch.functional_config_options (
  one_row            boolean primary key default true check (one_row),
  import_ind         text,
  org_unit_ind       text,
  supplier_sites_ind text,
  contract_ind       text,
  elc_ind            text
);
insert into merch.functional_config_options default values;

create table merch.inv_move_unit_options (
  one_row                       boolean primary key default true check (one_row),
  alloc_method                  text,
  apply_prof_pres_stock         text,
  auto_rcv_store                text,
  close_open_ship_days          integer,
  cost_money                    numeric(12, 4),
  cost_out_storage              numeric(20, 4),
  cost_out_storage_meas         text,
  cost_out_storage_uom          text,
  cost_wh_storage               numeric(20, 4),
  cost_wh_storage_meas          text,
  cost_wh_storage_uom           text,
  default_alloc_chrg_ind        text,
  default_order_type            text,
  default_size_profile          text,
  dept_level_transfers          text,
  distribution_rule             text,
  duplicate_receiving_ind       text,
  increase_tsf_qty_ind          text,
  intercompany_transfer_basis   text,
  inv_hist_level                text,
  loc_activity_ind              text,
  loc_dlvry_ind                 text,
  look_ahead_days               integer,
  max_scaling_iterations        integer,
  max_weeks_supply              integer,
  ord_worksheet_clean_up_delay  integer,
  rac_rtv_tsf_ind               text,
  reject_store_ord_ind          text,
  repl_order_days               integer,
  rtv_nad_lead_time             integer,
  rtv_unit_cost_ind             text,
  ship_rcv_store                text,
  ship_rcv_wh                   text,
  storage_type                  text,
  store_pack_comp_rcv_ind       text,
  wf_default_wh                 bigint,
  target_roi                    numeric(12, 4),
  tsf_auto_close_store          text,
  tsf_auto_close_wh             text,
  tsf_close_overdue             text,
  sim_force_close_ind           text,
  tsf_force_close_ind           text,
  tsf_over_receipt_ind          text,
  tsf_md_store_to_store_snd_rcv text,
  tsf_md_store_to_wh_snd_rcv    text,
  tsf_md_wh_to_store_snd_rcv    text,
  tsf_md_wh_to_wh_snd_rcv       text,
  tsf_price_exceed_wac_ind      text,
  ss_auto_close_days            integer,
  ws_auto_close_days            integer,
  sw_auto_close_days            integer,
  ww_auto_close_days            integer,
  wf_order_lead_days            integer,
  wh_cross_link_ind             text,
  wrong_st_receipt_ind          text
);
insert into merch.inv_move_unit_options default values;

create table merch.procurement_unit_options (
  one_row                      boolean primary key default true check (one_row),
  backpost_rca_rua_ind         text,
  bill_to_loc                  text,
  calc_negative_income         text,
  copy_po_curr_rate            text,
  cost_level                   text,
  credit_memo_level            text,
  deal_age_priority            text,
  deal_lead_days               integer,
  deal_type_priority           text,
  dept_level_orders            text,
  edi_cost_override_ind        text,
  expiry_delay_pre_issue       integer,
  gen_consignment_invc_freq    text,
  gen_con_invc_itm_sup_loc_ind text,
  latest_ship_days             integer,
  ord_appr_close_delay         integer,
  ord_appr_amt_code            text,
  ord_auto_close_part_rcvd_ind text,
  ord_part_rcvd_close_delay    integer,
  order_before_days            integer,
  order_exch_ind               text,
  otb_system_ind               text,
  rcv_cost_adj_type            text,
  reclass_appr_order_ind       text,
  redist_factor                integer,
  soft_contract_ind            text,
  wac_recalc_adj_ind           text
);
insert into merch.procurement_unit_options default values;

-- Where a report is: a URL with places such as {reportReferenceKey}. The reports' names are those of
-- src/domain/report.ts.
create table merch.retail_service_report_url (
  report       text primary key,
  url_template text not null
);
-- Which report a reference trace id leads to, with the values of the other places in its URL.
create table merch.report_reference (
  reference_trace_id text collate "C" primary key check (length(reference_trace_id) between 1 and 32),
  report             text not null,
  parameters         jsonb not null default '{}' check (jsonb_typeof(parameters) = 'object')
);
