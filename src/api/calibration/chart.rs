//! A camera's drift as a small SVG: both axes with their sd band, the control charts with their limits, the sizes that
//! make a watch and an alarm, and where the model was corrected.

use std::fmt::{self, Display, Write as _};

use crate::calibration::ChartPoint;
use crate::ids::BoxNs;

/// Size of the drawing in its own units; the page scales it.
const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 130.0;
/// Room for the labels: left and below.
const LEFT: f64 = 34.0;
const BELOW: f64 = 16.0;
const ABOVE: f64 = 6.0;
/// Points drawn a line at most: more are not told apart.
const POINTS_MAX: usize = 240;
/// The vertical reach at least, px: an undrifted camera's noise must not look like a drift.
const REACH_PX_MIN: f64 = 0.5;
const MINUTE_NS: f64 = 60e9;

/// What size makes a watch and an alarm, px.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) watch_px: f64,
    pub(super) alarm_px: f64,
}

/// A camera's chart up to now.
pub(super) struct Chart<'a> {
    pub(super) points: &'a [ChartPoint],
    pub(super) now: BoxNs,
    pub(super) limits: Limits,
    /// What a reader hears who sees no picture.
    pub(super) label: &'a str,
}

/// From time and pixels to the drawing.
struct Scale {
    from_ns: f64,
    span_ns: f64,
    reach_px: f64,
}

impl Scale {
    fn x(&self, at: BoxNs) -> f64 {
        LEFT + (WIDTH - LEFT) * ((at.0 as f64 - self.from_ns) / self.span_ns).clamp(0.0, 1.0)
    }

    fn y(&self, px: f64) -> f64 {
        let middle = 0.5 * (ABOVE + HEIGHT - BELOW);
        middle - (HEIGHT - BELOW - ABOVE) * 0.5 * (px / self.reach_px).clamp(-1.0, 1.0)
    }
}

impl Display for Chart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = super::text::Text(self.label);
        write!(f, r#"<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">"#)?;
        let step = self.points.len().div_ceil(POINTS_MAX).max(1);
        // Thinned from the newest back, so that the newest is always drawn.
        let mut points: Vec<ChartPoint> = self.points.iter().rev().step_by(step).copied().collect();
        points.reverse();
        points.retain(|p| [p.dx_px, p.dy_px, p.sd_px].iter().all(|value| value.is_finite()));
        match points.first() {
            Some(first) => self.draw(f, &points, first.at)?,
            None => write!(f, r#"<text x="{}" y="{}" class="none">no pitch yet</text>"#, WIDTH / 2.0, HEIGHT / 2.0)?,
        }
        f.write_str("</svg>")
    }
}

impl Chart<'_> {
    fn draw(&self, f: &mut fmt::Formatter<'_>, points: &[ChartPoint], first: BoxNs) -> fmt::Result {
        let farthest = |p: &ChartPoint| p.dx_px.abs().max(p.dy_px.abs()) + p.sd_px;
        let reach_px = points.iter().map(farthest).fold(REACH_PX_MIN, f64::max) * 1.1;
        let span_ns = (self.now.0.saturating_sub(first.0) as f64).max(MINUTE_NS);
        let scale = Scale { from_ns: first.0 as f64, span_ns, reach_px };
        self.axes(f, &scale)?;
        for (axis, class) in [(0, "dx"), (1, "dy")] {
            let value = move |p: &ChartPoint| if axis == 0 { p.dx_px } else { p.dy_px };
            write!(f, r#"<path class="band {class}" d="{}"/>"#, band(points, &scale, value))?;
            let limit = |sign: f64| line(points, &scale, move |p| sign * p.limit_px[axis]);
            write!(f, r#"<path class="limit {class}" d="{}{}"/>"#, limit(1.0), limit(-1.0))?;
            write!(f, r#"<path class="ewma {class}" d="{}"/>"#, line(points, &scale, move |p| p.ewma_px[axis]))?;
            write!(f, r#"<path class="line {class}" d="{}"/>"#, line(points, &scale, value))?;
        }
        for pair in points.windows(2).filter(|pair| pair[0].version != pair[1].version) {
            let x = scale.x(pair[1].at);
            write!(f, r#"<path class="corrected" d="M{x:.1} {ABOVE}V{:.1}"/>"#, HEIGHT - BELOW)?;
            write!(f, r#"<text x="{:.1}" y="{:.1}">v{}</text>"#, x + 2.0, ABOVE + 7.0, pair[1].version)?;
        }
        Ok(())
    }

    fn axes(&self, f: &mut fmt::Formatter<'_>, scale: &Scale) -> fmt::Result {
        let levels = [("zero", 0.0), ("watch", self.limits.watch_px), ("alarm", self.limits.alarm_px)];
        for (class, px) in levels.into_iter().filter(|(_, px)| *px <= scale.reach_px) {
            for value in if px == 0.0 { vec![0.0] } else { vec![px, -px] } {
                let y = scale.y(value);
                write!(f, r#"<path class="level {class}" d="M{LEFT} {y:.1}H{WIDTH}"/>"#)?;
                // Two labels closer than their height would run into each other.
                if class == "zero" || (y - scale.y(0.0)).abs() > 9.0 {
                    write!(f, r#"<text class="tick" x="{}" y="{:.1}">{value}</text>"#, LEFT - 4.0, y + 3.0)?;
                }
            }
        }
        let minutes = scale.span_ns / MINUTE_NS;
        let bottom = HEIGHT - 4.0;
        write!(f, r#"<text x="{LEFT}" y="{bottom}">{minutes:.0} min ago</text>"#)?;
        write!(f, r#"<text class="tick" x="{WIDTH}" y="{bottom}">now</text>"#)
    }
}

/// A line through the points; it breaks where the model was corrected.
fn line(points: &[ChartPoint], scale: &Scale, value: impl Fn(&ChartPoint) -> f64) -> String {
    let mut path = String::with_capacity(12 * points.len());
    let mut version = None;
    for point in points.iter().filter(|p| value(p).is_finite()) {
        let command = if version == Some(point.version) { 'L' } else { 'M' };
        version = Some(point.version);
        let (x, y) = (scale.x(point.at), scale.y(value(point)));
        // Writing to a string cannot fail.
        let _ = write!(path, "{command}{x:.1} {y:.1}");
    }
    path
}

/// The area of one sd around the points, a piece between two corrections.
fn band(points: &[ChartPoint], scale: &Scale, value: impl Fn(&ChartPoint) -> f64) -> String {
    let mut path = String::with_capacity(24 * points.len());
    for piece in points.chunk_by(|a, b| a.version == b.version) {
        let upper = piece.iter().map(|p| (p, value(p) + p.sd_px));
        let lower = piece.iter().rev().map(|p| (p, value(p) - p.sd_px));
        for (at, (point, px)) in upper.chain(lower).enumerate() {
            let (x, y) = (scale.x(point.at), scale.y(px));
            let _ = write!(path, "{}{x:.1} {y:.1}", if at == 0 { 'M' } else { 'L' });
        }
        path.push('Z');
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { watch_px: 0.25, alarm_px: 1.0 };

    fn point(minute: u64, dx_px: f64, version: u32) -> ChartPoint {
        ChartPoint {
            at: BoxNs(minute * 60_000_000_000),
            dx_px,
            dy_px: 0.0,
            sd_px: 0.05,
            ewma_px: [0.9 * dx_px, 0.0],
            limit_px: [0.1, 0.1],
            clock_us: 0.0,
            version,
        }
    }

    fn drawn(points: &[ChartPoint]) -> String {
        Chart { points, now: BoxNs(200 * 60_000_000_000), limits: LIMITS, label: "camera 2" }.to_string()
    }

    #[test]
    fn a_camera_without_pitches_says_so() {
        assert!(drawn(&[]).contains("no pitch yet"));
    }

    #[test]
    fn the_limits_are_drawn_as_far_as_the_drift_reaches() {
        let small = drawn(&[point(0, 0.1, 0), point(10, 0.2, 0)]);
        assert_eq!((small.matches("level watch").count(), small.matches("level alarm").count()), (2, 0));
        let large = drawn(&[point(0, 0.1, 0), point(10, 1.2, 0)]);
        assert_eq!((large.matches("level watch").count(), large.matches("level alarm").count()), (2, 2));
    }

    #[test]
    fn a_correction_breaks_the_lines_and_is_marked() {
        let svg = drawn(&[point(0, 0.1, 0), point(10, 0.4, 0), point(20, 0.0, 1), point(30, 0.0, 1)]);
        assert_eq!(svg.matches("class=\"corrected\"").count(), 1);
        assert!(svg.contains(">v1</text>"));
        let line = svg.split("class=\"line dx\" d=\"").nth(1).and_then(|d| d.split('"').next()).expect("a line");
        assert_eq!((line.matches('M').count(), line.matches('L').count()), (2, 2));
    }

    #[test]
    fn many_points_are_thinned_the_newest_kept_and_what_is_no_number_left_out() {
        let mut points: Vec<ChartPoint> = (0..1000).map(|i| point(i / 10, 0.1, 0)).collect();
        points.push(point(150, 0.45, 0));
        points.push(ChartPoint { dx_px: f64::NAN, ..point(160, 0.0, 0) });
        points.push(point(170, 0.3, 0));
        let svg = drawn(&points);
        assert!(!svg.contains("NaN"));
        let line = svg.split("class=\"line dx\" d=\"").nth(1).and_then(|d| d.split('"').next()).expect("a line");
        assert!(line.matches('L').count() < POINTS_MAX);
        let newest = Scale { from_ns: 0.0, span_ns: 200.0 * MINUTE_NS, reach_px: 1.0 }.x(BoxNs(170 * 60_000_000_000));
        assert!(line.contains(&format!("L{newest:.1} ")), "{line}");
    }
}
