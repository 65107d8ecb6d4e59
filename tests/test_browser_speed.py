"""How soon the stepper's page is there, and how long a step takes."""

from stepping import Open, perceptron, until

import viz


def test_a_graph_of_150_nodes_is_a_small_document_that_is_there_at_once(visit: Open) -> None:
    stepper = viz.step(perceptron(6, 4, 1))
    assert 140 <= len(stepper.timeline.nodes) <= 150
    assert len(stepper.html.encode()) < 300_000
    page = visit(stepper)
    painted = "performance.getEntriesByName('first-contentful-paint')"
    until(page, f"{painted}.length === 1")
    paint = page.evaluate(f"{painted}[0].startTime")
    assert paint < 1000, paint


def test_a_step_takes_less_than_a_frame_at_300_visible_nodes(visit: Open) -> None:
    stepper = viz.step(perceptron(8, 8, 1), fold="none")
    assert len(stepper.timeline.nodes) >= 300
    page = visit(stepper)
    taken = page.evaluate("""() => {
        const taken = [];
        for (let place = 1; place <= 200; place++) {
            const start = performance.now();
            app.go(place);
            document.querySelector('.view.shown text').getBBox();
            taken.push(performance.now() - start);
        }
        return taken.sort((a, b) => a - b)[100];
    }""")
    assert taken < 16, taken
