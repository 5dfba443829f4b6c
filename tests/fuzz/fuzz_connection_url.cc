// Database URLs of any bytes. They are understood or refused with a usage error, and the password, wherever a person
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
  const bool as_password = url.find(std::string(":") + kPassword + "@") != std::string::npos;
  try {
    const ServerInfo where = drivers::for_url(url)->describe(url);
    if (as_password && url.find(kPassword) == url.rfind(kPassword) && url.starts_with("postgres")) {
      require(where.location.find(kPassword) == std::string::npos, "the location holds no password");
      require(where.database.find(kPassword) == std::string::npos, "the database's name holds no password");
    }
  } catch (const Failure& failure) {
    require(failure.error().kind == ErrorKind::usage || failure.error().kind == ErrorKind::config ||
                failure.error().kind == ErrorKind::io,
            std::string("a URL is a matter of usage, not ") + to_string(failure.error().kind));
    require(failure.error().message.find(kPassword) == std::string::npos, "a message holds no password");
    require(failure.error().hint.find(kPassword) == std::string::npos, "a hint holds no password");
  }
  return 0;
}
