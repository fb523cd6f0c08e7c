-- People, what they carry, and what was decided. The truth of all this is here: no log gives it back.
create table account (
    id uuid primary key,
    login text not null,
    folded text not null unique,
    name text not null,
    role text not null check (role in ('viewer', 'engineer', 'releaser', 'admin')),
    active boolean not null,
    password text not null,
    once_until timestamptz,
    revision bigint not null,
    created_at timestamptz not null
);

create table session (
    id uuid primary key,
    account_id uuid not null references account on delete cascade,
    digest bytea not null unique check (length(digest) = 32),
    created_at timestamptz not null,
    seen_at timestamptz not null,
    client text not null,
    address text not null
);
create index session_account on session (account_id, seen_at);

create table token (
    id uuid primary key,
    account_id uuid not null references account on delete cascade,
    digest bytea not null check (length(digest) = 32),
    name text not null,
    scopes text[] not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index token_account on token (account_id, created_at);

create table code (
    digest bytea primary key check (length(digest) = 32),
    account_id uuid references account on delete cascade,
    expires_at timestamptz not null
);

create table audit (
    position bigint primary key,
    time timestamptz not null,
    actor uuid,
    action text not null,
    object text not null,
    outcome text not null check (outcome in ('allowed', 'denied', 'failed')),
    address text not null,
    previous bytea not null,
    digest bytea not null
);
create index audit_actor on audit (actor, position);
create index audit_outcome on audit (outcome, position) where outcome <> 'allowed';

-- What was said stays said; whoever owns the database can take this away, and the chain shows it.
create function audit_stays() returns trigger language plpgsql as $$
begin
    raise exception 'the audit chain is only added to';
end
$$;
create trigger audit_stays before update or delete or truncate on audit for each statement execute function audit_stays();
