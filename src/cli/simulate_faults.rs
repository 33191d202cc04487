//! The arguments of `simulate` that break the rig.

use crate::ids::MoundId;
use crate::simulate::{Ailment, ClockFault, Displacement, Drift, Faults, Knock};

use super::values::{self, AMOUNT_MAX};

/// Inches of a foot.
const INCHES: f64 = 12.0;

/// Arguments that break the rig; each may be given several times.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct FaultArgs {
    /// A camera whose picture drifts, px an hour: 2:1.0 is camera 2, to the right; 2:0.8,-0.6@600 from 600 s on, down
    /// positive; a third number rolls (mrad an hour), a fourth magnifies (1e-3 an hour).
    #[arg(long, value_name = "CAM:DX[,DY[,ROLL[,SCALE]]][@FROM]", value_parser = drift, allow_hyphen_values = true)]
    pub drift: Vec<Drift>,
    /// A camera that is knocked, px: 5@600:2.0 is camera 5, 600 s after the start, 2 px to the right.
    #[arg(long, value_name = "CAM@AT:DX[,DY]", value_parser = knock, allow_hyphen_values = true)]
    pub knock: Vec<Knock>,
    /// The game mound's whole rig moves: 600:0.3,0,0 is 600 s after the start, 0.3 in towards first base; three further
    /// numbers turn it about the plate, degrees about x, y and z.
    #[arg(long, value_name = "AT:X,Y,Z[,RX,RY,RZ]", value_parser = displacement, allow_hyphen_values = true)]
    pub displace: Vec<Displacement>,
    /// A camera whose clock is off by so many µs while its HEALTH says zero: 3:200.
    #[arg(long, value_name = "CAM:US", value_parser = clock, allow_hyphen_values = true)]
    pub clock: Vec<ClockFault>,
    /// A camera whose HEALTH gets worse by the hour: 4:temperature=3,vibration=0.1,dropped=200,clock=1000 (°C, g, frames,
    /// ns an hour), each of them optional; @FROM as for a drift.
    #[arg(long, value_name = "CAM:WHAT=PER_H,…[@FROM]", value_parser = ailment, allow_hyphen_values = true)]
    pub ailing: Vec<Ailment>,
}

impl FaultArgs {
    /// The faults of the stadium.
    pub fn faults(&self) -> Faults {
        Faults {
            drifts: self.drift.clone(),
            knocks: self.knock.clone(),
            displacements: self.displace.clone(),
            clocks: self.clock.clone(),
            ailments: self.ailing.clone(),
        }
    }
}

fn drift(text: &str) -> Result<Drift, String> {
    let parsed = || {
        let (camera, rest) = text.split_once(':')?;
        let (amounts, from_s) = since(rest)?;
        let [dx_px_per_h, dy_px_per_h, roll, scale] = numbers(amounts, 1)?;
        Some(Drift {
            camera: camera.parse().ok()?,
            from_s,
            dx_px_per_h,
            dy_px_per_h,
            roll_rad_per_h: 1e-3 * roll,
            scale_per_h: 1e-3 * scale,
        })
    };
    parsed().ok_or_else(|| "write CAMERA:DX,DY@FROM in px an hour and s, such as 2:1.0 or 2:0.8,-0.6@600".into())
}

fn knock(text: &str) -> Result<Knock, String> {
    let parsed = || {
        let (place, amounts) = text.split_once(':')?;
        let (camera, at) = place.split_once('@')?;
        let [dx_px, dy_px] = numbers(amounts, 1)?;
        Some(Knock { camera: camera.parse().ok()?, at_s: values::seconds(at).ok()?, dx_px, dy_px })
    };
    parsed().ok_or_else(|| "write CAMERA@AT:DX,DY in s and px, such as 5@600:2.0".into())
}

fn displacement(text: &str) -> Result<Displacement, String> {
    let parsed = || {
        let (at, amounts) = text.split_once(':')?;
        let [x, y, z, rx, ry, rz] = numbers(amounts, 3)?;
        Some(Displacement {
            mound: MoundId(0),
            at_s: values::seconds(at).ok()?,
            translation_ft: [x, y, z].map(|inches| inches / INCHES),
            rotation_rad: [rx, ry, rz].map(f64::to_radians),
        })
    };
    parsed().ok_or_else(|| "write AT:X,Y,Z,RX,RY,RZ in s, inches and degrees, such as 600:0.3,0,0".into())
}

fn clock(text: &str) -> Result<ClockFault, String> {
    let parsed = || {
        let (camera, offset) = text.split_once(':')?;
        let [offset_us] = numbers(offset, 1)?;
        Some(ClockFault { camera: camera.parse().ok()?, offset_us })
    };
    parsed().ok_or_else(|| "write CAMERA:MICROSECONDS, such as 3:200".into())
}

fn ailment(text: &str) -> Result<Ailment, String> {
    let parsed = || {
        let (camera, rest) = text.split_once(':')?;
        let (what, from_s) = since(rest)?;
        let mut ailment = Ailment { camera: camera.parse().ok()?, from_s, ..Ailment::default() };
        for part in what.split(',') {
            let (name, amount) = part.split_once('=')?;
            let [amount] = numbers(amount, 1)?;
            *match name {
                "temperature" => &mut ailment.temperature_c_per_h,
                "vibration" => &mut ailment.vibration_g_per_h,
                "dropped" => &mut ailment.dropped_per_h,
                "clock" => &mut ailment.clock_ns_per_h,
                _ => return None,
            } = amount;
        }
        Some(ailment)
    };
    parsed().ok_or_else(|| {
        "write CAMERA:WHAT=AMOUNT with temperature, vibration, dropped or clock, such as 4:temperature=3,dropped=200".into()
    })
}

/// What stands before an optional `@FROM`, and from when it holds, s.
fn since(text: &str) -> Option<(&str, f64)> {
    match text.split_once('@') {
        Some((what, from)) => Some((what, values::seconds(from).ok()?)),
        None => Some((text, 0.0)),
    }
}

/// Numbers that something can be off by, between commas: `at_least` of them, and zero for those not written.
fn numbers<const N: usize>(text: &str, at_least: usize) -> Option<[f64; N]> {
    let mut found = [0.0; N];
    let mut count = 0;
    for part in text.split(',') {
        let number: f64 = part.trim().parse().ok().filter(|n: &f64| n.abs() <= AMOUNT_MAX)?;
        *found.get_mut(count)? = number;
        count += 1;
    }
    (count >= at_least).then_some(found)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        args: FaultArgs,
    }

    fn parse(line: &str) -> Result<Faults, clap::Error> {
        Cli::try_parse_from(line.split_whitespace()).map(|cli| cli.args.faults())
    }

    #[test]
    fn a_sound_rig_needs_no_arguments() {
        assert_eq!(parse("simulate").expect("all optional"), Faults::default());
    }

    #[test]
    fn faults_are_read_with_their_units() {
        let faults = parse(
            "simulate --drift 2:1.0 --drift 3:0.8,-0.6,0.1@600 --knock 5@600:2.0,-1 --displace 900:0.3,0,-0.6,0,0,180 \
             --clock 3:-200 --ailing 4:temperature=3,dropped=200@60",
        )
        .expect("all well formed");
        let first = Drift { camera: 2, dx_px_per_h: 1.0, ..Drift::default() };
        let second = Drift {
            camera: 3,
            from_s: 600.0,
            dx_px_per_h: 0.8,
            dy_px_per_h: -0.6,
            roll_rad_per_h: 1e-4,
            scale_per_h: 0.0,
        };
        assert_eq!(faults.drifts, [first, second]);
        assert_eq!(faults.knocks, [Knock { camera: 5, at_s: 600.0, dx_px: 2.0, dy_px: -1.0 }]);
        assert_eq!(faults.clocks, [ClockFault { camera: 3, offset_us: -200.0 }]);
        let moved = faults.displacements[0];
        assert_eq!((moved.at_s, moved.rotation_rad), (900.0, [0.0, 0.0, std::f64::consts::PI]));
        assert!((moved.translation_ft[0] - 0.025).abs() < 1e-12 && (moved.translation_ft[2] + 0.05).abs() < 1e-12);
        let ill =
            Ailment { camera: 4, from_s: 60.0, temperature_c_per_h: 3.0, dropped_per_h: 200.0, ..Ailment::default() };
        assert_eq!(faults.ailments, [ill]);
    }

    #[test]
    fn nonsense_is_refused_with_what_to_write_instead() {
        for (line, wanted) in [
            ("simulate --drift 2", "2:0.8,-0.6@600"),
            ("simulate --drift 2:1,2,3,4,5", "2:0.8,-0.6@600"),
            ("simulate --drift 2:NaN", "2:0.8,-0.6@600"),
            ("simulate --knock 5:2.0", "5@600:2.0"),
            ("simulate --knock 5@-1:2.0", "5@600:2.0"),
            ("simulate --displace 600:0.3", "600:0.3,0,0"),
            ("simulate --clock 300:200", "3:200"),
            ("simulate --ailing 4:mood=3", "temperature=3"),
        ] {
            let error = parse(line).expect_err(line).to_string();
            assert!(error.contains(wanted), "{error}");
        }
    }
}
