#include "app/read_ahead_session.h"

#include <utility>

namespace dunlin::app {

void ReadAheadSession::read_history(const HistoryScheme& scheme, Dialect dialect,
                                    const TableName& configured) noexcept {
  try {
    configured_ = configured;
    location_ = session_->locate(configured);
    if (!location_->exists) return;
    select_ = scheme.select_sql(dialect, location_->name);
    history_ = session_->query(select_);
  } catch (...) {
    location_.reset();
  }
}

Rows ReadAheadSession::query(std::string_view sql) {
  std::optional<Rows> read = std::exchange(history_, std::nullopt);
  return read && sql == select_ ? *std::move(read) : session_->query(sql);
}

TableLocation ReadAheadSession::locate(const TableName& configured) {
  std::optional<TableLocation> read = std::exchange(location_, std::nullopt);
  const bool same = configured.schema == configured_.schema && configured.name == configured_.name;
  return read && same ? *std::move(read) : session_->locate(configured);
}

}  // namespace dunlin::app
