#include "drivers/sqlite/connection.h"

#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "drivers/sqlite/errors.h"

namespace dunlin::sqlite {
namespace {

int open_flags(const Location& location, Access access) {
  int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
  switch (access) {
    case Access::read_only:
    case Access::immutable: flags |= SQLITE_OPEN_READONLY; break;
    case Access::read_write: flags |= SQLITE_OPEN_READWRITE; break;
    case Access::create: flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE; break;
  }
  if (location.in_memory) flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  return flags;
}

// SQLite's own spelling, so that no character of the path means anything and parameters can be passed on.
std::string file_uri(const Location& location, Access access) {
  std::string uri = "file:";
  // Two slashes at the start would be read as a host.
  if (location.path.starts_with("//")) uri += "//";
  for (const char c : location.path) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  char separator = '?';
  const auto add = [&](std::string_view parameter) {
    uri += std::exchange(separator, '&');
    uri += parameter;
  };
  if (location.in_memory && location.path != ":memory:") add("mode=memory");
  if (location.shared_cache) add("cache=shared");
  if (location.immutable || access == Access::immutable) add("immutable=1");
  return uri;
}

void elapsed_ns(sqlite3_context* context, int, sqlite3_value**) {
  const auto* connection = static_cast<const Connection*>(sqlite3_user_data(context));
  sqlite3_result_int64(context, connection->elapsed().count());
}

[[noreturn]] void fail_to_open(const Connection& connection, const Location& location) {
  Error error = error_of(connection, ErrorKind::connect, fmt::format("cannot open {}", location.shown()));
  if (const int os_error = sqlite3_system_errno(connection.handle()); os_error != 0) {
    error.message = fmt::format("cannot open {}: {}", location.shown(), std::strerror(os_error));
  }
  throw Failure(std::move(error));
}

}  // namespace

Connection::Connection(const Location& location, Access access, const SessionOptions& options)
    : waiting_(options.interrupt, location.busy_timeout.value_or(options.busy_timeout), options.statement_timeout) {
  const std::string uri = file_uri(location, access);
  const char* vfs = location.vfs.empty() ? nullptr : location.vfs.c_str();
  const int opened = sqlite3_open_v2(uri.c_str(), &handle_, open_flags(location, access), vfs);
  if (opened != SQLITE_OK) {
    try {
      fail_to_open(*this, location);
    } catch (...) {
      sqlite3_close_v2(handle_);
      throw;
    }
  }
  sqlite3_extended_result_codes(handle_, 1);
  waiting_.install(handle_);
  sqlite3_create_function_v2(handle_, "dunlin_elapsed_ns", 0, SQLITE_UTF8, this, &elapsed_ns, nullptr, nullptr,
                             nullptr);
  record_footprints(handle_, &footprint_);
  set_foreign_keys(location.foreign_keys.value_or(options.foreign_keys));
}

Connection::~Connection() {
  sqlite3_close_v2(handle_);
}

bool Connection::in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

bool Connection::foreign_keys() const {
  int on = 0;
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_FKEY, -1, &on);
  return on != 0;
}

void Connection::set_foreign_keys(bool on) {
  if (in_transaction() || foreign_keys() == on) return;
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_FKEY, on ? 1 : 0, nullptr);
}

void Connection::start_clock() {
  began_ = std::chrono::steady_clock::now();
  stopped_.reset();
}

std::chrono::nanoseconds Connection::elapsed() const {
  return stopped_ ? *stopped_ : std::chrono::steady_clock::now() - began_;
}

int Connection::run(const char* sql) {
  waiting_.statement_started();
  return sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
}

void Connection::rollback() {
  if (in_transaction()) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

Statement::~Statement() {
  sqlite3_finalize(handle_);
}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

int Statement::prepare(Connection& connection, std::string_view sql, std::string_view* tail) {
  sqlite3_finalize(std::exchange(handle_, nullptr));
  connection.clear_footprint();
  connection.waiting().statement_started();
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v2(connection.handle(), sql.data(), static_cast<int>(sql.size()), &handle_, &rest);
  if (tail != nullptr)
    *tail = rest == nullptr ? std::string_view() : sql.substr(static_cast<std::size_t>(rest - sql.data()));
  return code;
}

void Statement::bind(int index, std::string_view value) {
  sqlite3_bind_text(handle_, index, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
}

int Statement::step() {
  return handle_ == nullptr ? SQLITE_DONE : sqlite3_step(handle_);
}

int Statement::finish() {
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = step();
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

int Statement::reset() {
  return sqlite3_reset(handle_);
}

int Statement::columns() const {
  return sqlite3_column_count(handle_);
}

std::string Statement::column_name(int column) const {
  const char* name = sqlite3_column_name(handle_, column);
  return name == nullptr ? std::string() : name;
}

int Statement::type(int column) const {
  return sqlite3_column_type(handle_, column);
}

std::optional<std::string> Statement::text(int column) const {
  if (is_null(column)) return std::nullopt;
  // A blob is left as it is; everything else becomes text before its length is asked.
  const void* bytes = sqlite3_column_type(handle_, column) == SQLITE_BLOB
                          ? sqlite3_column_blob(handle_, column)
                          : static_cast<const void*>(sqlite3_column_text(handle_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
  return size == 0 ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_, column);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

}  // namespace dunlin::sqlite
