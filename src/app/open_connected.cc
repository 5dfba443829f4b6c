#include "app/open_connected.h"

#include <exception>
#include <future>
#include <utility>

#include "app/open.h"
#include "app/read_ahead_session.h"
#include "drivers/registry.h"

namespace dunlin::app {
namespace {

// A driver that has one session, or the failure to open it, in stock.
class StockedDriver final : public Driver {
 public:
  explicit StockedDriver(std::shared_ptr<Driver> driver) : driver_(std::move(driver)) {}

  // The session in stock; null when it could not be opened.
  ReadAheadSession* stock(const std::string& url, const SessionOptions& options) {
    try {
      session_ = std::make_unique<ReadAheadSession>(driver_->open(url, options));
      for_reading_ = options.read_only;
    } catch (const Failure&) {
      failure_ = std::current_exception();
    }
    return session_.get();
  }

  std::string_view name() const override { return driver_->name(); }
  Dialect dialect() const override { return driver_->dialect(); }
  std::unique_ptr<Session> open(const std::string& url, const SessionOptions& options) override {
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    if (for_reading_ && !options.read_only) session_.reset();
    return session_ ? std::move(session_) : driver_->open(url, options);
  }
  ServerInfo describe(const std::string& url) const override { return driver_->describe(url); }
  DatabaseAdmin* admin() override { return driver_->admin(); }

 private:
  std::shared_ptr<Driver> driver_;
  std::unique_ptr<ReadAheadSession> session_;
  bool for_reading_ = false;
  std::exception_ptr failure_;
};

struct HistoryPlace {
  const HistoryScheme* scheme = nullptr;
  TableName table;
};

}  // namespace

Project open_connected(const MigratorOptions& given, bool read_only) {
  MigratorOptions options = given;
  if (options.driver == nullptr) options.driver = drivers::for_url(options.url);
  // Nothing to wait for there, and opening may make a file, which bad migrations must not have done.
  if (options.driver->dialect() == Dialect::sqlite) return open(options);

  const auto driver = std::make_shared<StockedDriver>(options.driver);
  options.driver = driver;
  std::promise<HistoryPlace> listed;
  std::future<Project> files = std::async(std::launch::async, [&options, &listed] {
    Opening opening;
    try {
      opening = begin_opening(options);
    } catch (...) {
      listed.set_exception(std::current_exception());
      throw;
    }
    listed.set_value({opening.project.scheme, opening.project.table});
    return finish_opening(std::move(opening), options);
  });
  SessionOptions session = options.session;
  session.read_only = read_only;
  if (ReadAheadSession* opened = driver->stock(options.url, session)) {
    try {
      const HistoryPlace history = listed.get_future().get();
      opened->read_history(*history.scheme, options.driver->dialect(), history.table);
    } catch (const Failure&) {
      // Of the directory: `files` has it.
    }
  }
  return files.get();
}

}  // namespace dunlin::app
