#include "drivers/sqlite/footprint.h"

#include <algorithm>
#include <string_view>

#include <sqlite3.h>

namespace dunlin::sqlite {
namespace {

std::string_view view(const char* text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

// Columns arrive one by one: a repeated table or column is noted once.
template <typename Value>
void note(std::vector<Value>& values, Value value) {
  if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(std::move(value));
}

int on_action(void* self, int action, const char* first, const char* second, const char* database, const char*) {
  Footprint& footprint = *static_cast<Footprint*>(self);
  const bool main = view(database) == "main" && !view(first).starts_with("sqlite_");
  switch (action) {
    case SQLITE_TRANSACTION: footprint.transaction = view(first); break;
    case SQLITE_PRAGMA:
      footprint.pragma = fold(view(first));
      footprint.pragma_value = view(second);
      break;
    case SQLITE_ATTACH: footprint.attaches = true; break;
    case SQLITE_CREATE_TEMP_TABLE:
    case SQLITE_CREATE_TEMP_VIEW:
    case SQLITE_CREATE_TEMP_TRIGGER: footprint.creates_temporary = true; break;
    case SQLITE_DROP_TABLE:
      footprint.changes_schema = true;
      if (main) note(footprint.dropped, fold(view(first)));
      break;
    // Of ALTER TABLE the arguments are the database and the table.
    case SQLITE_ALTER_TABLE:
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_VTABLE:
    case SQLITE_DROP_VTABLE: footprint.changes_schema = true; break;
    case SQLITE_DELETE:
      if (main) note(footprint.deleted_from, fold(view(first)));
      break;
    case SQLITE_INSERT:
      if (main) note(footprint.inserted_into, fold(view(first)));
      break;
    case SQLITE_UPDATE:
      if (main) note(footprint.updated, {fold(view(first)), fold(view(second))});
      break;
    default: break;
  }
  return SQLITE_OK;
}

}  // namespace

std::string fold(std::string_view name) {
  std::string folded(name);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

void record_footprints(sqlite3* connection, Footprint* footprint) {
  sqlite3_set_authorizer(connection, &on_action, footprint);
}

}  // namespace dunlin::sqlite
