"""The page in a real browser: what people do, and what they see and hear of it."""

import base64

import pytest

SOON = 30_000  # ms; a busy machine takes its time

DROP = """(files) => {
  const given = new DataTransfer();
  for (const [name, content] of files) {
    const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
    given.items.add(new File([bytes], name));
  }
  const drop = new DragEvent("drop", {dataTransfer: given, bubbles: true});
  document.querySelector("#drop").dispatchEvent(drop);
}"""
PLAY = """async (player) => {
  await player.play();
  await new Promise((done) => player.addEventListener("ended", done));
  return [player.duration, player.currentTime, player.error];
}"""


@pytest.fixture
def page(browser, server):
    """The page, ready; nothing it did was an error or came from elsewhere."""
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    page, said, asked = context.new_page(), [], []
    page.set_default_timeout(SOON)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda line: said.append(line.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server)
    page.wait_for_selector("#state:text('Ready.')")
    yield page
    context.close()
    foreign = [x for x in asked if not x.startswith((server, "data:", "blob:"))]
    assert asked and foreign == []
    # What the server refuses is no error of the page.
    assert [line for line in said if "Failed to load resource" not in line] == []


def drop(page, name, content, **others):
    files = {name: content} | others
    page.evaluate(DROP, [[n, base64.b64encode(c).decode()] for n, c in files.items()])


def results(page, count=4):
    """The results, once there are so many and nothing is being made."""
    page.wait_for_selector(f"#results[aria-busy=false] li:nth-child({count})")
    return page.query_selector_all("#results li")


def sources(page):
    return [one.query_selector("img").get_attribute("src") for one in results(page)]


def test_a_dropped_picture_becomes_a_sound_that_plays(page, photograph):
    drop(page, "cat.png", photograph)
    made = results(page)
    duration, reached, error = made[0].query_selector("audio").evaluate(PLAY)
    assert duration == pytest.approx(0.5, abs=0.01)
    assert (reached, error) == (duration, None)
    with page.expect_download() as saved:
        made[1].query_selector("a >> text=WAV").click()
    assert saved.value.suggested_filename == "cat_png_1.wav"
    assert "Nobody says" in page.text_content("#critics")


def test_a_dropped_sound_becomes_pictures_with_what_the_classifier_says(page, tone_wav):
    drop(page, "tone.wav", tone_wav)
    made = results(page)
    picture = made[0].query_selector("img")
    assert picture.evaluate("(img) => img.naturalWidth") == 16
    assert picture.get_attribute("alt") == "generated image 1 of 4, from tone.wav"
    assert "own classifier" in made[0].text_content()
    assert "learnt to please" in page.text_content("#critics")
    assert page.text_content("#told") == "2 moments of 0.5 s"
    before = sources(page)
    page.check("#moments label:nth-child(2) input")
    page.wait_for_function(
        "(before) => document.querySelector('#results img').src !== before",
        arg=before[0],
    )
    page.check("#look")
    page.wait_for_selector("#given canvas")
    assert "gate" in page.text_content("#gate")


def played(page, name):
    """Plays a film that was made, by its label, to its end; what it shows of itself."""
    film = page.wait_for_selector(f"#piece video[aria-label*='{name}']")
    duration, reached, error = film.evaluate(PLAY)
    assert (reached, error) == (duration, None)
    heard = film.evaluate("(film) => film.webkitAudioDecodedByteCount")
    return duration, film.evaluate("(film) => film.videoWidth"), heard


def test_a_recording_becomes_a_film_that_plays_by_keyboard_alone(page, tone_wav):
    drop(page, "tone.wav", tone_wav)
    button = page.get_by_role("button", name="Make a film of its player")
    button.press("Enter")
    duration, width, heard = played(page, "film from tone.wav")
    assert duration == pytest.approx(2.0, abs=0.2) and width == 256 and heard > 0
    assert page.text_content("#making-told") == "The film from tone.wav is ready."
    with page.expect_download() as saved:
        page.get_by_role("link", name="tone.wav: MP4").click()
    assert saved.value.suggested_filename == "tone_wav.mp4"


def test_a_film_gets_a_soundtrack_and_plays(page, film_file):
    gone = []
    page.on("request", lambda request: gone.append(request.method))
    drop(page, "dance.mp4", film_file)
    page.get_by_role("button", name="Make a soundtrack").click()
    duration, width, heard = played(page, "dance.mp4 with its soundtrack")
    assert duration == pytest.approx(1.2, abs=0.2) and width == 48 and heard > 0
    assert page.get_by_role("link", name="dance.mp4: WAV").count() == 1
    assert gone.count("DELETE") == 1


def test_pictures_that_are_given_together_become_a_slide_show(page, photograph):
    drop(page, "b.png", photograph, **{"a.png": photograph})
    page.get_by_label("Seconds for each picture").fill("0.5")
    page.get_by_role("button", name="for all 2 pictures").click()
    assert played(page, "2 pictures")[0] == pytest.approx(1.0, abs=0.2)


def test_a_piece_that_is_stopped_or_broken_is_told(page, tone_wav, film_file):
    drop(page, "cut.mp4", film_file[: len(film_file) // 2])
    page.wait_for_selector("#message:text('cut.mp4: The file')")
    page.route("**/pieces/*", lambda route: told(route, MAKING))
    drop(page, "tone.wav", tone_wav)
    page.get_by_role("button", name="Make a film of its player").click()
    page.wait_for_selector("progress[value='1'][max='2']")
    assert page.text_content("#making-told") == "Making the film from tone.wav …"
    page.get_by_role("button", name="Stop").click()
    page.wait_for_selector("#making", state="hidden")
    assert page.text_content("#making-told") == ""
    broken = {"error": "The file is damaged."}
    page.route("**/pieces/*", lambda route: told(route, broken, status=415))
    page.get_by_role("button", name="Make a film of its player").click()
    page.wait_for_selector("#whole-trouble:text('tone.wav: The file is damaged.')")


MAKING = {"state": "making", "seconds": 1, "of": 2, "files": []}


def told(route, answer, status=200):
    """Answers what the page asks of a piece; begins and forgets it really."""
    if route.request.method == "GET":
        route.fulfill(json=answer, status=status)
    else:
        route.continue_()


def test_a_broken_file_is_told_and_the_next_one_works(page, tone_wav):
    drop(page, "broken.wav", b"RIFF\xff\xff\xff\x7fWAVEfmt ")
    page.wait_for_selector("#message:text('broken.wav: The file')")
    assert page.text_content("#state") == "Ready."
    drop(page, "tone.wav", tone_wav)
    assert len(results(page)) == 4
    assert page.text_content("#message") == ""


def test_an_oversized_file_is_told_before_it_is_sent(page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(
        """() => {
          const given = new DataTransfer();
          given.items.add(new File([new Uint8Array(65 << 20)], "long.wav"));
          window.dispatchEvent(new DragEvent("drop", {dataTransfer: given}));
        }"""
    )
    page.wait_for_selector("#message:text('long.wav has 65 MB; up to 64 MB')")
    assert not any(address.endswith("/moments") for address in asked)


def test_the_slider_turns_the_noise_and_comes_round(page, tone_wav):
    drop(page, "tone.wav", tone_wav)
    start = sources(page)
    slider = page.get_by_label("Turn the noise")
    slider.focus()
    for _ in range(25):
        slider.press("ArrowRight")
    page.wait_for_function(
        "() => document.querySelector('[name=turn]').value === '0.25'"
    )
    page.wait_for_function(
        "(before) => document.querySelector('#results img').src !== before",
        arg=start[0],
    )
    turned = sources(page)
    assert all(one != other for one, other in zip(start, turned, strict=True))
    slider.press("End")
    page.wait_for_function(
        "(before) => document.querySelector('#results img').src === before",
        arg=start[0],
    )
    page.get_by_role("button", name="Other noise").click()
    page.wait_for_function(
        "(before) => document.querySelector('#results img').src !== before",
        arg=start[0],
    )
    assert page.get_by_label("Noise", exact=True).input_value() == "4"


def test_an_example_is_played_with_by_keyboard_alone(page):
    page.wait_for_selector(".exhibit .said")
    assert page.locator(".exhibit").count() == 6
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Play with it":
            break
    page.keyboard.press("Enter")
    assert len(results(page)) == 4
    assert page.evaluate("document.activeElement.id") == "studio-title"
    assert page.text_content("#truth small") == "The truth: low"


def test_a_recording_and_a_photograph_are_taken(page):
    button = page.get_by_role("button", name="Record a sound")
    button.click()
    page.wait_for_selector("#record:text('(2 s)')")
    page.locator("#record").click()
    page.wait_for_selector("#studio-title:text('Pictures from recording')")
    assert results(page)[0].query_selector("audio") is None
    page.get_by_role("button", name="Take a picture").click()
    page.wait_for_function("() => document.querySelector('video').videoWidth > 0")
    page.get_by_role("button", name="Take it").click()
    page.wait_for_selector("#studio-title:text('Sounds from photograph')")
    assert results(page)[0].query_selector("audio") is not None


def test_what_the_server_says_while_it_warms_up_is_shown(browser, server):
    context = browser.new_context()
    page = context.new_page()
    warming = {"status": 503, "json": {"error": "Warming up: a moment."}}
    page.route("**/ready", lambda route: route.fulfill(**warming))
    page.goto(server)
    page.wait_for_selector("#state:text('Warming up: a moment.')")
    drop(page, "early.wav", b"x")
    page.wait_for_selector("#message:text('still warming up')")
    page.unroute("**/ready")
    page.wait_for_selector("#state:text('Ready.')")
    context.close()


@pytest.mark.parametrize("scheme, width", [("light", 1100), ("dark", 360)])
def test_nobody_is_kept_out(browser, server, tone_wav, violations, scheme, width):
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    page.goto(server)
    page.wait_for_selector("#state:text('Ready.')")
    drop(page, "tone.wav", tone_wav)
    results(page)
    page.check("#look")
    page.wait_for_selector("#given canvas")
    page.get_by_role("button", name="Make a film of its player").click()
    page.wait_for_selector("#piece video")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    context.close()
