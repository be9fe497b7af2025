package dataset

// Names and headers of the custom fields. Two headers need quotes in a CSV file.
var (
	schemaNames = []string{"mx_Custom_1", "mx_Custom_2", "mx_Custom_3", "mx_Custom_4", "mx_Custom_5", "mx_Custom_6", "mx_Custom_7", "mx_Custom_8"}
	fieldNames  = []string{"Document Type", "Document Number", "Branch", "Amount, incl. tax", "Latitude", "Longitude", "Collected On", `"Remarks"`}
)

var peopleNames = []string{
	"Asha Rao", "Ben Okafor", "Carla Núñez", "Dmitri Sokolov", "Elif Yılmaz", "Farah Siddiqui", "Grace O'Neill", "Hiroshi 田中",
	"Ines de la Cruz", "Jörg Weiß", "Kavya Iyer", "Liam Byrne", "Meera Nair", "Noor al-Sayed", "Oksana Шевченко", "Priya Deshmukh",
	"Quentin \"Q\" Moreau", "Rahul Verma", "Søren Kjær", "Tanvi Kulkarni", "Usha Pillai", "Vikram Singh, Jr.", "Wanjiru Kamau", "Zoë Laurent",
}

var documents = []string{"PAN card", "Aadhaar", "passport", "driver's license", "bank statement", "salary slip", "Form 16", "utility bill", "rent agreement", "cancelled cheque"}

var branches = []string{"Bengaluru, Koramangala", "Mumbai – Andheri (E)", "Pune", "São Paulo", "Zürich", "Chennai / T. Nagar", "Austin, TX", "東京", "القاهرة", "Nairobi"}

var remarks = []string{"OK", "verified", "", "original seen", `copy "attested"`, "second page missing", "to be re-scanned; too dark", "=OK", "-", "+91 80 4000 0000", "@branch", "n/a", "signature differs,\nask the customer"}

// statuses repeat what is frequent.
var statuses = []*string{
	text("Completed"), text("Completed"), text("Completed"), text("Completed"), text("Pending"), text("Pending"),
	text("Rejected"), text("On hold"), text(""), nil,
}

func text(s string) *string { return &s }

// formulaStarts are what a spreadsheet would take for a formula.
var formulaStarts = []string{"=", "+", "-", "@", "=1+1 ", "-- ", "@all ", "+91 "}

var sentences = []string{
	"Visited the customer, & collected.",
	"Called #, no answer.",
	"Customer asked for a call back after 6 pm; % will call.",
	"& handed over by %, copy kept.",
	"He said \"come back on Monday\" and left.",
	"Amount due: #.00, promised within the week.",
	"Address not found (gate locked), neighbour says they moved.",
	"The & is expired, new one requested by e-mail.",
	"Signature on the & differs from the one in file no. #.",
	"Met %, discussed the offer, sent the brochure.",
	"Kunde wünscht Rückruf – Größe der Wohnung klären.",
	"Client absent, repasser après-demain.",
	"お客様は不在でした。",
	"العميل غير موجود",
	"Everything fine 👍",
	"Left a note at the door; ref. #/#.",
	"Customer's cheque no. # was returned, \"insufficient funds\".",
	"Follow-up needed: income proof, address proof, photo.",
}
