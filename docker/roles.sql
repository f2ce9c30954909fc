-- Runs once, when the database container makes its cluster; the launcher makes the same roles.
\getenv owner_password DATABASE_OWNER_PASSWORD
\getenv app_password DATABASE_APP_PASSWORD
CREATE ROLE inventorypulse LOGIN PASSWORD :'app_password';
CREATE ROLE inventorypulse_owner LOGIN CREATEDB PASSWORD :'owner_password';
GRANT inventorypulse TO inventorypulse_owner;
ALTER DATABASE inventorypulse OWNER TO inventorypulse_owner;
