// Keeps a copy of what an API server has of one kind: a list, then a watch that goes on from there, for ever.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "kubernetes/client/api_client.h"
#include "kubernetes/client/resource.h"

namespace dunlin::kubernetes {

// Where the copy is kept. Called on the reflector's thread only.
class ReflectorSink {
 public:
  virtual ~ReflectorSink() = default;
  // A whole list begins; what is not in it when it ends is gone.
  virtual void list_begins() = 0;
  virtual void listed(const Json& object) = 0;
  virtual void list_ends() = 0;
  virtual void changed(const Json& object) = 0;
  virtual void removed(const Json& object) = 0;
  // The server does not know the kind (404), or does not let us see it. It is asked again after a while.
  virtual void unavailable(const ApiAnswer& why) = 0;
  // A watch is under way; after unavailable(): again.
  virtual void available() = 0;
};

struct ReflectorTarget {
  Resource resource;
  std::string name_space{};      // empty: all
  std::string label_selector{};  // empty: all
};

class Reflector {
 public:
  // What goes wrong and is tried again is told to `on_problem`, which may be empty: once, until it is another problem,
  // and when it is over.
  Reflector(ApiClient&, ReflectorTarget, ReflectorSink&, const Interrupt&,
            std::function<void(const std::string&)> on_problem = {}, Clock& = Clock::real());

  // Until the interrupt is requested. Throws nothing that the network, the server or an object could cause.
  void run();

 private:
  enum class Next { watch, list, pause, long_pause };

  Next list();
  Next watch();
  Next take(const Json& event);
  Next refused(const ApiAnswer& answer);
  Next watch_refused(const ApiAnswer& answer);
  bool may_come_back();
  void pause(Next);
  void well();
  void problem(const std::string& text);
  std::string path(std::string_view query) const;

  ApiClient& api_;
  const ReflectorTarget target_;
  ReflectorSink& sink_;
  const Interrupt& interrupt_;
  std::function<void(const std::string&)> on_problem_;
  Clock& clock_;
  std::string version_;  // where the watch goes on; opaque
  bool in_pages_ = true;
  bool known_ = false;  // it has been listed
  std::optional<Clock::Steady> absent_since_;
  std::string told_;  // the problem there is
  std::chrono::milliseconds pause_;
  std::chrono::milliseconds at_least_{0};  // what the server asked for
  Clock::Steady quiet_since_;
};

}  // namespace dunlin::kubernetes
