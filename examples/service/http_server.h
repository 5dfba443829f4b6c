// HTTP on one port, as much as this example needs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

namespace notes {

struct Response {
  unsigned status = 200;
  std::string content_type;
  std::string body;
};

using Handler = std::function<Response(std::string_view target)>;

// Serves GET requests on 127.0.0.1:`port` (0: one that is free) for as long as `io` runs, in its thread. `listening` is
// told the port. A client that says nothing for 10 s is left.
void serve(boost::asio::io_context& io, std::uint16_t port, Handler handler,
           std::function<void(std::uint16_t)> listening);

}  // namespace notes
