#include "app/open_connected.h"

#include <exception>
#include <future>
#include <utility>

#include "app/open.h"
#include "drivers/registry.h"

namespace dunlin::app {
namespace {

// A driver that has one session, or the failure to open it, in stock.
class StockedDriver final : public Driver {
 public:
  explicit StockedDriver(std::shared_ptr<Driver> driver) : driver_(std::move(driver)) {}

  void stock(const std::string& url, const SessionOptions& options) {
    try {
      session_ = driver_->open(url, options);
      for_reading_ = options.read_only;
    } catch (const Failure&) {
      failure_ = std::current_exception();
    }
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
  std::unique_ptr<Session> session_;
  bool for_reading_ = false;
  std::exception_ptr failure_;
};

}  // namespace

Project open_connected(const MigratorOptions& given, bool read_only) {
  MigratorOptions options = given;
  if (options.driver == nullptr) options.driver = drivers::for_url(options.url);
  // Nothing to wait for there, and opening may make a file, which bad migrations must not have done.
  if (options.driver->dialect() == Dialect::sqlite) return open(options);

  const auto driver = std::make_shared<StockedDriver>(options.driver);
  options.driver = driver;
  std::future<Project> files = std::async(std::launch::async, [&options] { return open(options); });
  SessionOptions session = options.session;
  session.read_only = read_only;
  driver->stock(options.url, session);
  return files.get();
}

}  // namespace dunlin::app
