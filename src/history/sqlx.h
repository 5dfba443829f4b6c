// The history of sqlx (github.com/launchbadge/sqlx): the table _sqlx_migrations, one row for each applied migration,
// with the SHA-384 of the up file's bytes. Written so that sqlx and dunlin may take turns on one database.
#pragma once

#include "core/history.h"

namespace dunlin::history {

// Stateless.
const HistoryScheme& sqlx();

}  // namespace dunlin::history
