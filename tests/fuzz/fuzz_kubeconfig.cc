// kubeconfig files of any bytes. They are understood or refused with a failure that names the file, and shows nothing
// of what stands there.
#include <cstdint>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "dunlin/error.h"
#include "fuzz/require.h"
#include "kubernetes/client/kubeconfig.h"

namespace {

const std::string kToken = "t0psecretT0ken";

// It stands where people put it. Elsewhere it is a name, and names are shown.
bool holds_secret(const std::string& text) {
  return text.find(kToken) == text.rfind(kToken) && text.find("\n    token: " + kToken + "\n") != std::string::npos &&
         text.find_first_of("'\"|>") == std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dunlin;
  const std::string text(reinterpret_cast<const char*>(data), size);
  static const int file = ::memfd_create("kubeconfig", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  require(::ftruncate(file, 0) == 0 && ::pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
          "the file is written");
  try {
    const kubernetes::ClusterConfig config = kubernetes::read_kubeconfig({path});
    require(!config.server.empty(), "what is understood has a server");
  } catch (const Failure& failure) {
    require(failure.error().kind == ErrorKind::config || failure.error().kind == ErrorKind::io,
            std::string("a file is a matter of configuration, not ") + to_string(failure.error().kind));
    const bool secret = holds_secret(text);
    require(!secret || failure.error().message.find(kToken) == std::string::npos, "a message shows no token");
    require(!secret || failure.error().hint.find(kToken) == std::string::npos, "a hint shows no token");
  }
  return 0;
}
