// Database URLs of any bytes. They are understood or refused with a usage error, and the password, where a person
// would have put it, is in no message.
#include <cstdint>
#include <string>

#include "drivers/registry.h"
#include "dunlin/driver.h"
#include "fuzz/require.h"

namespace {

constexpr const char* kPassword = "s3cr3tPassw0rd";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dunlin;
  std::string url;
  for (std::size_t i = 0; i < size; ++i) {
    // A byte that stands for the password, so that inputs have one at every place of a URL.
    if (data[i] == 0x01) {
      url += kPassword;
    } else if (data[i] != 0) {
      url += static_cast<char>(data[i]);
    }
  }
  // Where people put it. Anywhere else it is not one: the name of an unknown scheme or parameter is shown, and SQLite
  // has none.
  const std::string password = kPassword;
  const bool file = url.starts_with("sqlite") || url.starts_with("file") || url.starts_with("jdbc:sqlite");
  const bool secret =
      !file && url.find(password) == url.rfind(password) &&
      (url.find(":" + password + "@") != std::string::npos || url.find("password=" + password) != std::string::npos);
  try {
    const ServerInfo where = drivers::for_url(url)->describe(url);
    if (secret && url.starts_with("postgres")) {
      require(where.location.find(kPassword) == std::string::npos, "the location holds no password");
      require(where.database.find(kPassword) == std::string::npos, "the database's name holds no password");
    }
  } catch (const Failure& failure) {
    require(failure.error().kind == ErrorKind::usage || failure.error().kind == ErrorKind::config ||
                failure.error().kind == ErrorKind::io,
            std::string("a URL is a matter of usage, not ") + to_string(failure.error().kind));
    require(!secret || failure.error().message.find(kPassword) == std::string::npos, "a message holds no password");
    require(!secret || failure.error().hint.find(kPassword) == std::string::npos, "a hint holds no password");
  }
  return 0;
}
