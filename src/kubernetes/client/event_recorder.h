// Events (core/v1) that `kubectl describe` shows. Writing them never holds up whoever records them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/clock.h"
#include "kubernetes/client/api_client.h"
#include "kubernetes/client/object.h"

namespace dunlin::kubernetes {

struct EventNote {
  Reference about;
  bool warning = false;
  std::string reason;   // one word in CamelCase
  std::string message;  // cut to 1,024 bytes
};

// Any thread may call any of it. What is the same again counts up the event that is there; of many that are alike but
// for their words one stands for all; and of one object no more are written than somebody could read.
class EventRecorder {
 public:
  EventRecorder(ApiClient&, std::string component, std::function<void(const std::string&)> on_problem = {},
                Clock& = Clock::real());
  // Writes what is left, for a few seconds at most.
  ~EventRecorder();
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;

  void record(EventNote note);

 private:
  // What was written of notes that are the same.
  struct Written {
    std::string name;
    std::string name_space;
    std::int64_t count = 0;
    std::string first_time;
  };
  // Notes of one object and reason, whatever their words.
  struct Alike {
    std::size_t different = 0;
    Clock::Steady since{};
  };
  struct Allowance {
    double left = 0;
    Clock::Steady at{};
  };

  void keep_writing();
  void write(EventNote note);
  bool allowed(const EventNote& note);
  EventNote combined(EventNote note);
  bool send(const EventNote& note);

  ApiClient& api_;
  const std::string component_;
  const std::function<void(const std::string&)> on_problem_;
  Clock& clock_;

  // The writer's thread only.
  std::map<std::string, Written> written_;
  std::map<std::string, Alike> alike_;
  std::map<std::string, Allowance> allowances_;
  std::uint64_t number_ = 0;

  std::mutex mutex_;  // for what follows
  std::condition_variable changed_;
  std::deque<EventNote> notes_;
  bool ending_ = false;
  std::thread writer_;
};

}  // namespace dunlin::kubernetes
