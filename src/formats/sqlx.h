// The layout of sqlx: <version>_<description>.sql, or a pair of .up.sql and .down.sql; a file that begins with
// "-- no-transaction" runs outside a transaction. The default format of a new project.
#pragma once

#include "formats/format.h"

namespace dunlin::formats {

Format sqlx_format();

}  // namespace dunlin::formats
