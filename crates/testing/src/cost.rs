//! What work costs, in a unit that means the same on every machine and in every build: the processor
//! time of one thread, compared with that of preparing a seal of an invoice of 100 KB. Waiting for the
//! processor costs nothing, so that a loaded machine changes no verdict.

use std::sync::LazyLock;
use std::time::Duration;

use chancery_engine::domain::xades::SignatureLocation;
use rustix::time::{ClockId, clock_gettime};

use crate::sealing::{INVOICE, try_prepare};

/// Does some work in this thread; how many invoices could have been prepared instead.
pub fn of<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let unit = *UNIT;
    let (result, spent) = timed(work);
    (result, spent.as_secs_f64() / unit.as_secs_f64())
}

/// Does some work in this thread, which must not cost more than so many invoices.
pub fn at_most<T>(invoices: u32, what: &str, work: impl FnOnce() -> T) -> T {
    let (result, cost) = of(work);
    println!("{what}: {cost:.2} invoices");
    assert!(cost < f64::from(invoices), "{what} costs as much as {cost:.0} invoices");
    result
}

/// Does work of a size, eight times, and then once what is eight times as large: what grows with the length
/// costs the same then, what grows with its square eight times as much. Less than a few invoices is as good
/// as nothing.
pub fn follows_length(what: &str, size: usize, work: impl Fn(usize)) {
    let ((), small) = of(|| (0..8).for_each(|_| work(size)));
    let ((), large) = of(|| work(8 * size));
    println!("{what}: eight small {small:.2} invoices, a large one {large:.2}");
    assert!(large < 3.0 * small + 10.0, "{what}: {small:.2} invoices become {large:.2}");
}

static UNIT: LazyLock<Duration> = LazyLock::new(|| {
    let line = "<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode=\"EA\">2\
        </cbc:InvoicedQuantity><cbc:Note>Something that was sold &amp; delivered</cbc:Note>\
        </cac:InvoiceLine>\n";
    let lines = line.repeat(100_000 / line.len());
    let invoice = INVOICE.replace("</Invoice>", &(lines + "</Invoice>"));
    let prepare = || try_prepare(invoice.as_bytes(), SignatureLocation::default());
    let best = (0..5).map(|_| timed(|| prepare().expect("the invoice is sound")).1).min();
    best.unwrap_or_default().max(Duration::from_micros(1))
});

/// With the processor time of this thread.
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begin = processor();
    let result = work();
    (result, processor().saturating_sub(begin))
}

/// Since this thread began, as exactly as the kernel can tell it: what it shows in files counts whole ticks of
/// several milliseconds.
fn processor() -> Duration {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(spent).unwrap_or_default()
}
