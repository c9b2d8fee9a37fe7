\echo Use "CREATE EXTENSION imagecat" to load this file. \quit

-- One image as every service's are shown.
CREATE TYPE image AS (
    source           text,
    id               text,
    name             text,
    version          text,
    status           text,
    visibility       text,
    owner            text,
    type             text,
    os               text,
    os_version       text,
    architecture     text,
    disk_format      text,
    container_format text,
    size             bigint,
    virtual_size     bigint,
    min_disk         integer,
    min_ram          integer,
    checksum         text,
    protected        boolean,
    hidden           boolean,
    tags             text[],
    created_at       timestamptz,
    updated_at       timestamptz,
    properties       jsonb
);
COMMENT ON TYPE image IS 'an image of any service, in canonical columns';

-- The local catalog: what list_images reads without a server.
CREATE TABLE images OF image (
    source WITH OPTIONS NOT NULL DEFAULT 'local',
    id WITH OPTIONS NOT NULL,
    PRIMARY KEY (source, id)
);
CREATE INDEX images_name_idx ON images (name);
CREATE INDEX images_created_at_idx ON images (created_at);
COMMENT ON TABLE images IS 'the local image catalog';
SELECT pg_catalog.pg_extension_config_dump('images', '');

CREATE FUNCTION imagecat_fdw_handler() RETURNS fdw_handler
    AS 'MODULE_PATHNAME' LANGUAGE C STRICT;
CREATE FUNCTION imagecat_fdw_validator(text[], oid) RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C STRICT;
CREATE FOREIGN DATA WRAPPER imagecat
    HANDLER imagecat_fdw_handler VALIDATOR imagecat_fdw_validator;
COMMENT ON FOREIGN DATA WRAPPER imagecat IS 'images of cloud services';

-- The order of the arguments is that of the table in src/sql/arguments.c.
-- PARALLEL UNSAFE: what a server of api local lists may be a view, and that may call anything.
CREATE FUNCTION list_images(
    server           text DEFAULT NULL,
    name             text DEFAULT NULL,
    id               text DEFAULT NULL,
    status           text DEFAULT NULL,
    visibility       text DEFAULT NULL,
    owner            text DEFAULT NULL,
    type             text DEFAULT NULL,
    os               text DEFAULT NULL,
    version          text DEFAULT NULL,
    disk_format      text DEFAULT NULL,
    container_format text DEFAULT NULL,
    checksum         text DEFAULT NULL,
    architecture     text DEFAULT NULL,
    member_status    text DEFAULT NULL,
    instance         text DEFAULT NULL,
    created_at       text DEFAULT NULL,
    updated_at       text DEFAULT NULL,
    changes_since    timestamptz DEFAULT NULL,
    public           boolean DEFAULT NULL,
    protected        boolean DEFAULT NULL,
    hidden           boolean DEFAULT NULL,
    tag              text[] DEFAULT NULL,
    size_min         bigint DEFAULT NULL,
    size_max         bigint DEFAULT NULL,
    min_disk         integer DEFAULT NULL,
    min_ram          integer DEFAULT NULL,
    properties       jsonb DEFAULT NULL,
    sort             text DEFAULT NULL,
    marker           text DEFAULT NULL,
    max_rows         bigint DEFAULT NULL,
    page_size        integer DEFAULT NULL,
    params           jsonb DEFAULT NULL
) RETURNS SETOF image
    AS 'MODULE_PATHNAME', 'imagecat_list_images'
    LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 100;
COMMENT ON FUNCTION list_images IS
    'the images that a service lists, filtered as its API does; without a server those of the local catalog';

-- Many servers as one table; what it makes belongs to the caller.
CREATE FUNCTION create_catalog(schema name, VARIADIC servers text[] DEFAULT '{}') RETURNS regclass
    AS 'MODULE_PATHNAME', 'imagecat_create_catalog'
    LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION create_catalog IS
    'creates the table images in a schema, partitioned by source, with a foreign partition for each server';

-- What reaches a network is for whom the administrator chooses.
REVOKE EXECUTE ON FUNCTION list_images FROM PUBLIC;

-- What all scans of a server came to; its counters are NULL for users without USAGE on it.
CREATE FUNCTION server_counters(
    server          oid,
    OUT scope       text,
    OUT requests    bigint,
    OUT pages       bigint,
    OUT images      bigint,
    OUT bytes       bigint,
    OUT retries     bigint,
    OUT errors      bigint,
    OUT wait_time   double precision,
    OUT stats_reset timestamptz
)
    AS 'MODULE_PATHNAME', 'imagecat_server_counters'
    LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;
CREATE VIEW server_stats AS
    SELECT s.srvname AS server, c.*
    FROM pg_catalog.pg_foreign_server s
        JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
        CROSS JOIN LATERAL server_counters(s.oid) c
    WHERE w.fdwhandler = 'imagecat_fdw_handler'::pg_catalog.regproc;
COMMENT ON VIEW server_stats IS 'requests made to each foreign server, and what came of them';
GRANT SELECT ON server_stats TO PUBLIC;

CREATE FUNCTION reset_server_stats(server text DEFAULT NULL) RETURNS void
    AS 'MODULE_PATHNAME', 'imagecat_reset_server_stats'
    LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION reset_server_stats IS 'starts the counters of a server, or of all servers of this database, anew';
REVOKE EXECUTE ON FUNCTION reset_server_stats FROM PUBLIC;
