#include "drivers/postgres/driver.h"

#include "drivers/postgres/admin.h"
#include "drivers/postgres/dialogue.h"
#include "drivers/postgres/link.h"
#include "drivers/postgres/session.h"
#include "drivers/postgres/url.h"

namespace dunlin::postgres {
namespace {

class PostgresDriver final : public Driver {
 public:
  std::string_view name() const override { return "postgres"; }
  Dialect dialect() const override { return Dialect::postgres; }
  std::unique_ptr<Session> open(const std::string& url, const SessionOptions& options) override {
    return std::make_unique<PostgresSession>(open_link(parse_url(url), options));
  }
  std::unique_ptr<Dialogue> open_dialogue(const std::string& url, const SessionOptions& options) override {
    return std::make_unique<PostgresDialogue>(open_link(parse_url(url), options));
  }
  ServerInfo describe(const std::string& url) const override { return postgres::describe(parse_url(url)); }
  DatabaseAdmin* admin() override { return &admin_; }

 private:
  PostgresAdmin admin_;
};

}  // namespace

std::unique_ptr<Driver> make_driver() {
  return std::make_unique<PostgresDriver>();
}

}  // namespace dunlin::postgres
