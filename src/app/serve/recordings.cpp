#include "app/serve/recordings.hpp"

#include <utility>

namespace shelcaster::app {

using control::Recording;
using control::RecordingPage;
using control::RecordingRemoval;
using studio::ShowId;

template <typename Answer, typename Question>
void Recordings::ask(Question ask, Tell<Answer> tell) {
  const bool is_posted = disk_.post([ask = std::move(ask), tell] {
    base::Result<Answer> answer = ask();
    return [tell, answer = std::move(answer)] { tell(answer); };
  });
  if (!is_posted) {
    tell(base::fail("the disk of the recordings doesn't answer: try again later"));
  }
}

void Recordings::list(const ShowId& show, const control::RecordingQuery& query,
                      Tell<RecordingPage> tell) {
  ask<RecordingPage>(
      [shelf = shelf_, show, query, wall = clock_.wall()]() -> base::Result<RecordingPage> {
        return shelf->list(show, query, wall);
      },
      std::move(tell));
}

void Recordings::find(const ShowId& show, std::string_view id,
                      Tell<std::optional<Recording>> tell) {
  ask<std::optional<Recording>>(
      [shelf = shelf_, show, id = std::string(id), wall = clock_.wall()]()
          -> base::Result<std::optional<Recording>> { return shelf->find(show, id, wall); },
      std::move(tell));
}

void Recordings::remove(const ShowId& show, std::string_view id, Tell<RecordingRemoval> tell) {
  ask<RecordingRemoval>([shelf = shelf_, show, id = std::string(id),
                         wall = clock_.wall()] { return shelf->remove(show, id, wall); },
                        std::move(tell));
}

void Recordings::handle_tick() {
  if (is_tidying_ || clock_.now() < tidy_at_) return;
  is_tidying_ = disk_.post([this, shelf = shelf_, moment = moment()]() -> DiskThread::Done {
    return [this, tidied = shelf->tidy(moment)] {
      is_tidying_ = false;
      tidy_at_ = clock_.now() + tidied.again_in;
      if (tidied.removed && on_end_) {
        on_end_(tidied.removed->show, tidied.removed->recording.id, tidied.removed->why);
      }
    };
  });
}

}  // namespace shelcaster::app
