-- Runs once, when PostgreSQL starts on an empty volume. Neither the product nor
-- Temporal is a superuser, and neither reaches the other's tables.
\getenv offhours OFFHOURS_DB_PASSWORD
\getenv temporal TEMPORAL_DB_PASSWORD
CREATE ROLE offhours LOGIN PASSWORD :'offhours';
GRANT pg_read_all_stats TO offhours; -- to slow down for standbys and other sessions
CREATE DATABASE offhours OWNER offhours;
REVOKE CONNECT ON DATABASE offhours FROM PUBLIC;
CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'temporal';
