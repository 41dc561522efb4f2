package demo

import (
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/acme/customers/internal/remote"
)

// A home is how the people of a locale live, as tables: words are separated by
// white space, with '_' for a space within one.
type home struct {
	// places have the form city/state/code,code/quarter. The state is the key
	// that an address of the country holds, and everything belongs together: a
	// test holds it against what the service knows. The quarter is the
	// dependent locality, or what a line has at '@'.
	places  string
	streets string
	// lines are ways to write a street with a number, separated by '|': '%' is
	// the street, '@' the quarter, '#' a number to 99 and '~' one digit.
	lines string
	// second are ways to write a second line, "" where nobody does.
	second string
	digits string // ten of them, where they are not 0-9
	given  string // "last given" where the family's name comes first, "lastgiven" without a space
}

// homestead is a home whose tables were read.
type homestead struct {
	country                        string
	places                         []place
	streets, lines, second, labels []string
	digits                         []string
	familyFirst, joined            bool
}

type place struct {
	city, state, quarter string
	codes                []string
}

// homeOf reads the tables of a locale.
func homeOf(tag string, h home) homestead {
	language, _, _ := strings.Cut(tag, "-")
	out := homestead{country: tag[len(tag)-2:], streets: words(h.streets), lines: ways(h.lines), second: ways(h.second),
		labels: words(labels[language]), digits: strings.Split(h.digits, ""), familyFirst: h.given != "", joined: h.given == "lastgiven"}
	for word := range strings.FieldsSeq(h.places) {
		part := strings.Split(spaced(word)+"///", "/")
		out.places = append(out.places, place{part[0], part[1], part[3], strings.Split(part[2], ",")})
	}
	return out
}

func words(table string) (out []string) {
	for word := range strings.FieldsSeq(table) {
		out = append(out, spaced(word))
	}
	return out
}

func ways(table string) []string {
	if table == "" {
		return nil
	}
	return strings.Split(norm.NFC.String(table), "|")
}

func spaced(word string) string { return norm.NFC.String(strings.ReplaceAll(word, "_", " ")) }

// addresses gives most people one to three: where they live, where the bill
// goes, and where somebody else or the company is. It draws last, so that
// whoever a person is does not depend on it.
func addresses(c *chance, l *people, r *remote.Registration) {
	if !c.percent(85) {
		return
	}
	h := &l.home
	first := h.address(c, "shipping")
	if r.Type == "business" {
		first.Type = "business"
		first.Company, _ = r.Profile.Attributes["company"].(string)
	}
	first.IsDefault = true
	if c.percent(40) {
		first.Recipient = h.recipient(r.Name)
	}
	if c.percent(15) {
		first.Phone = r.Phone
	}
	h.label(c, &first, 0)
	r.Addresses = append(r.Addresses, first)
	if c.percent(40) {
		r.Addresses = append(r.Addresses, h.billing(c, r, first))
	}
	if c.percent(25) {
		r.Addresses = append(r.Addresses, h.another(c, l, r))
	}
}

// billing is mostly the same address once more, for its other purpose.
func (h *homestead) billing(c *chance, r *remote.Registration, first remote.Address) remote.Address {
	if c.percent(60) {
		first.Type, first.Phone, first.Label = "billing", "", ""
		return first
	}
	a := h.address(c, "billing")
	a.Recipient, a.IsDefault = h.recipient(r.Name), true
	return a
}

// another is where presents go, or where somebody works.
func (h *homestead) another(c *chance, l *people, r *remote.Registration) remote.Address {
	a := h.address(c, "shipping")
	if r.Type == "" && c.percent(30) {
		a.Type = "business"
		a.Company = strings.ReplaceAll(l.company, "%", pick(c, l.familyNames).name)
		h.label(c, &a, 1)
		return a
	}
	somebody, _ := l.name(c, c.percent(50))
	a.Recipient = h.recipient(somebody)
	if c.percent(30) {
		a.Phone = digits(c, pick(c, l.phoneList))
	}
	h.label(c, &a, 2)
	return a
}

// label gives half of all addresses a name of their owner's.
func (h *homestead) label(c *chance, a *remote.Address, which int) {
	if c.percent(50) && which < len(h.labels) {
		a.Label = h.labels[which]
	}
}

func (h *homestead) address(c *chance, purpose string) remote.Address {
	p := pick(c, h.places)
	a := remote.Address{Type: purpose, City: p.city, State: p.state, PostalCode: pick(c, p.codes), Country: h.country}
	line := pick(c, h.lines)
	if !strings.Contains(line, "@") {
		a.DependentLocality = p.quarter
	}
	street := ""
	if len(h.streets) > 0 {
		street = pick(c, h.streets)
	}
	a.Street = []string{h.fill(c, line, street, p.quarter)}
	if len(h.second) > 0 && c.percent(25) {
		a.Street = append(a.Street, h.fill(c, pick(c, h.second), "", ""))
	}
	return a
}

// fill writes a line.
func (h *homestead) fill(c *chance, way, street, quarter string) string {
	out := make([]byte, 0, 64)
	for i := range len(way) {
		switch b := way[i]; b {
		case '%':
			out = append(out, street...)
		case '@':
			out = append(out, quarter...)
		case '#':
			out = h.number(out, 1+c.below(99))
		case '~':
			out = h.number(out, 1+c.below(9))
		default:
			out = append(out, b)
		}
	}
	return string(out)
}

func (h *homestead) number(out []byte, n int) []byte {
	from := len(out)
	out = strconv.AppendInt(out, int64(n), 10)
	if len(h.digits) != 10 {
		return out
	}
	ascii := string(out[from:])
	out = out[:from]
	for i := range len(ascii) {
		out = append(out, h.digits[ascii[i]-'0']...)
	}
	return out
}

// recipient is a full name as a label has it.
func (h *homestead) recipient(n remote.Name) string {
	switch {
	case n.Family == "":
		return n.Given
	case h.joined:
		return n.Family + n.Given
	case h.familyFirst:
		return strings.Join(strings.Fields(n.Family+" "+n.Middle+" "+n.Given), " ")
	}
	return strings.Join(strings.Fields(n.Given+" "+n.Middle+" "+n.Family), " ")
}

// labels are what people call an address, by language: the own home, the place
// of work, somebody else's home.
var labels = map[string]string{
	"de": "Zuhause Büro Eltern", "fr": "Maison Bureau Parents", "en": "Home Work Parents", "ga": "Baile Oifig Tuismitheoirí",
	"es": "Casa Oficina Padres", "pt": "Casa Escritório Pais", "it": "Casa Ufficio Genitori", "nl": "Thuis Kantoor Ouders",
	"sv": "Hemma Jobbet Föräldrar", "nb": "Hjemme Jobb Foreldre", "is": "Heima Vinna Foreldrar", "pl": "Dom Biuro Rodzice",
	"cs": "Domov Práce Rodiče", "hu": "Otthon Iroda Szülők", "tr": "Ev İş Ailem", "uk": "Дім Робота Батьки", "bg": "Вкъщи Офис Родители",
	"sr": "Кућа Посао Родитељи", "el": "Σπίτι Γραφείο Γονείς", "ka": "სახლი სამსახური მშობლები", "hy": "Տուն Գրասենյակ Ծնողներ",
	"ar": "المنزل المكتب الوالدين", "fa": "خانه محل_کار والدین", "he": "בית עבודה הורים", "hi": "घर दफ़्तर माता-पिता", "ta": "வீடு அலுவலகம் பெற்றோர்",
	"bn": "বাসা অফিস বাবা-মা", "zh": "家 公司 父母家", "ja": "自宅 会社 実家", "ko": "집 회사 부모님_댁", "th": "บ้าน ที่ทำงาน บ้านพ่อแม่",
	"vi": "Nhà Văn_phòng Nhà_bố_mẹ", "id": "Rumah Kantor Orang_tua", "km": "ផ្ទះ ការិយាល័យ ផ្ទះឪពុកម្តាយ", "kk": "Үй Жұмыс Ата-ана",
	"am": "ቤት ቢሮ ወላጆች", "sw": "Nyumbani Ofisini Wazazi", "zu": "Ikhaya Umsebenzi Abazali", "mi": "Kāinga Mahi Mātua",
}
